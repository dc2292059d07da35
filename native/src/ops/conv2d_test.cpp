#include "ops/conv2d.h"

#include <cmath>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect_close;
using test::expect_same_bits;
using test::OpFixture;
using test::Placed;
using test::Values;

enum class Residual { kNone, kInPlace, kElsewhere };

struct Case {
  int64_t n, h, w, in, out, kernel = 3;
  Conv2dParams params{};
  bool silu = false, sample_bias = false, biased = true;
  Residual residual = Residual::kNone;
  std::vector<int64_t> terms{};  // channels of each
};

struct Data {
  Values x, w, bias, sample_bias, residual;
  std::vector<Values> term_x{}, term_w{};
};

Shape out_shape(const Case& c) {
  return {c.n, conv2d_out_size(c.h, c.kernel, c.params), conv2d_out_size(c.w, c.kernel, c.params), c.out};
}

Data make(OpFixture& t, const Case& c) {
  const double deviation = 1 / std::sqrt(static_cast<double>(c.in * c.kernel * c.kernel));
  Data data{t.random(c.n * c.h * c.w * c.in), t.random_weights(c.out * c.in * c.kernel * c.kernel, deviation),
            t.random(c.out), t.random(c.n * c.out), t.random(out_shape(c).size(), c.terms.empty() ? 1 : 0.3)};
  for (const int64_t channels : c.terms) {
    data.term_x.push_back(t.random(out_shape(c).size() / c.out * channels));
    // Small, because their sum is rounded where it is a product of its own.
    data.term_w.push_back(t.random_weights(c.out * channels, 0.2 / std::sqrt(static_cast<double>(channels))));
  }
  return data;
}

Doubles reference(const Case& c, const Data& d) {
  const Shape shape = out_shape(c);
  const int64_t factor = c.params.upsample ? 2 : 1;
  Doubles y;
  y.reserve(static_cast<size_t>(shape.size()));
  for (int64_t n = 0; n < c.n; ++n) {
    for (int64_t oy = 0; oy < shape[1]; ++oy) {
      for (int64_t ox = 0; ox < shape[2]; ++ox) {
        for (int64_t o = 0; o < c.out; ++o) {
          double sum = (c.biased ? d.bias[o] : 0.0) + (c.sample_bias ? d.sample_bias[n * c.out + o] : 0.0);
          for (int64_t ky = 0; ky < c.kernel; ++ky) {
            for (int64_t kx = 0; kx < c.kernel; ++kx) {
              const int64_t iy = oy * c.params.stride + ky - c.params.pad_begin;
              const int64_t ix = ox * c.params.stride + kx - c.params.pad_begin;
              if (iy < 0 || ix < 0 || iy >= c.h * factor || ix >= c.w * factor) continue;
              const float* x = &d.x[((n * c.h + iy / factor) * c.w + ix / factor) * c.in];
              for (int64_t i = 0; i < c.in; ++i) {
                sum += static_cast<double>(x[i]) * d.w[((o * c.in + i) * c.kernel + ky) * c.kernel + kx];
              }
            }
          }
          const auto pixel = static_cast<int64_t>(y.size()) / c.out;
          for (size_t term = 0; term < c.terms.size(); ++term) {
            const int64_t channels = c.terms[term];
            for (int64_t i = 0; i < channels; ++i) {
              sum += static_cast<double>(d.term_x[term][pixel * channels + i]) *
                     d.term_w[term][o * channels + i];
            }
          }
          if (c.silu) sum /= 1 + std::exp(-sum);
          y.push_back(sum + (c.residual == Residual::kNone ? 0.0 : d.residual[y.size()]));
        }
      }
    }
  }
  return y;
}

Values run(OpFixture& t, const Case& c, const Data& d) {
  const PackedWeights weights =
      pack_conv2d(d.w, c.biased ? d.bias : Values{}, c.out, c.in, c.kernel, t.backend(), c.params.upsample);
  const Placed src = t.upload(Shape{c.n, c.h, c.w, c.in}, d.x), out = t.output(out_shape(c));
  const Placed residual = t.upload(out_shape(c), d.residual);
  const Placed sample_bias = t.upload(Shape{c.n, c.out}, d.sample_bias);
  Epilogue epilogue;
  if (c.silu) epilogue.activation = Activation::kSilu;
  if (c.sample_bias) epilogue.sample_bias = sample_bias;
  if (c.residual == Residual::kElsewhere) epilogue.residual = residual;
  if (c.residual == Residual::kInPlace) epilogue.residual = out.view;
  std::vector<PackedWeights> term_weights;
  std::vector<Placed> term_src;
  for (size_t i = 0; i < c.terms.size(); ++i) {
    term_weights.push_back(pack_linear(d.term_w[i], {}, c.out, c.terms[i], t.backend()));
    term_src.push_back(t.upload(out_shape(c).with(3, c.terms[i]), d.term_x[i]));
  }
  for (size_t i = 0; i < c.terms.size(); ++i) epilogue.terms.push_back({term_src[i], &term_weights[i]});
  return t.run(
      out, [&](Context& ctx) { conv2d(out, src, weights, c.params, epilogue, ctx); },
      c.residual == Residual::kInPlace ? d.residual : Values{});
}

void check(OpFixture& t, const Case& c) {
  const Data data = make(t, c);
  expect_close(run(t, c, data), reference(c, data), t.tolerance().product,
               text(c.n, "x", c.h, "x", c.w, "x", c.in, " to ", c.out, ", kernel ", c.kernel, ", stride ",
                    c.params.stride, ", upsample ", c.params.upsample, ", residual ",
                    static_cast<int>(c.residual), ", ", c.terms.size(), " terms"));
}

constexpr Conv2dParams kPointwise{1, 0, 0, false}, kUnetDown{2, 1, 1, false}, kVaeDown{2, 0, 1, false},
    kUpsample{1, 1, 1, true};

LTW_OP_TEST(conv2d_channels) {
  for (const Case& c :
       {Case{1, 8, 8, 4, 32}, Case{2, 7, 5, 9, 32}, Case{1, 9, 6, 3, 16}, Case{1, 8, 8, 32, 4},
        Case{1, 8, 8, 32, 3}, Case{2, 5, 11, 13, 7}, Case{1, 1, 1, 8, 8}, Case{1, 1, 9, 24, 40},
        Case{1, 8, 8, 320, 320}, Case{1, 4, 4, 1280, 160}, Case{1, 2, 3, 1, 1},
        // Small pictures of 96 outputs: oneDNN has no fast kernel for them in the packed layout.
        Case{2, 8, 8, 96, 96}, Case{1, 4, 4, 224, 96}}) {
    check(t, c);
  }
}

// A kernel of its own on a GPU, in tiles of 16x16 pixels.
LTW_OP_TEST(conv2d_few_outputs) {
  for (const int64_t out : {3, 4}) {
    for (const bool biased : {false, true}) {
      check(t, {2, 19, 35, 64, out, 3, {}, false, false, biased});
      check(t, {1, 33, 16, 320, out, 3, {}, false, false, biased});
    }
    check(t, {2, 17, 5, 32, out, 3, {}, true});
    check(t, {2, 9, 18, 96, out, 3, {}, false, false, true, Residual::kElsewhere});
    check(t, {1, 9, 18, 96, out, 3, kUnetDown});
  }
}

LTW_OP_TEST(conv2d_pointwise) {
  for (const Case& c : {Case{1, 8, 8, 4, 4, 1, kPointwise}, Case{2, 7, 5, 320, 64, 1, kPointwise},
                        Case{1, 3, 3, 13, 7, 1, kPointwise}, Case{2, 4, 4, 96, 192, 1, kPointwise}}) {
    check(t, c);
    Case full = c;
    full.silu = full.sample_bias = true;
    full.residual = Residual::kElsewhere;
    check(t, full);
    full.residual = Residual::kInPlace;
    check(t, full);
  }
}

LTW_OP_TEST(conv2d_stride_and_padding) {
  for (const Conv2dParams& params : {kUnetDown, kVaeDown}) {
    check(t, {1, 8, 8, 32, 32, 3, params});
    check(t, {2, 7, 9, 20, 24, 3, params});
    check(t, {1, 4, 2, 128, 128, 3, params});
  }
}

LTW_OP_TEST(conv2d_upsample) {
  check(t, {1, 4, 4, 32, 32, 3, kUpsample});
  check(t, {2, 3, 5, 20, 24, 3, kUpsample});
  check(t, {1, 1, 1, 16, 3, 3, kUpsample});
  check(t, {1, 8, 4, 160, 96, 3, kUpsample});
  check(t, {3, 7, 9, 136, 168, 3, kUpsample});
  check(t, {1, 5, 13, 640, 8, 3, kUpsample});
}

LTW_OP_TEST(conv2d_epilogues) {
  for (const bool sample_bias : {false, true}) {
    for (const bool biased : {false, true}) {
      for (const Residual residual : {Residual::kNone, Residual::kElsewhere, Residual::kInPlace}) {
        check(t, {2, 6, 5, 64, 48, 3, {}, sample_bias, sample_bias, biased, residual});
        check(t, {2, 3, 3, 5, 6, 3, {}, !sample_bias, sample_bias, biased, residual});
        check(t, {1, 8, 8, 640, 64, 3, {}, false, sample_bias, biased, residual});
        check(t, {2, 3, 2, 32, 24, 3, kUpsample, false, sample_bias, biased, residual});
      }
    }
  }
}

// A residual block's shortcut. In parts of the depth where the picture is small and the channels are many:
// then a part may begin within a term.
LTW_OP_TEST(conv2d_terms) {
  for (const bool sample_bias : {false, true}) {
    for (const Residual residual : {Residual::kNone, Residual::kElsewhere, Residual::kInPlace}) {
      check(t, {2, 6, 5, 64, 48, 3, {}, false, sample_bias, true, residual, {40}});
      check(t, {2, 7, 4, 72, 160, 3, {}, false, sample_bias, false, residual, {200, 8}});
      check(t, {2, 3, 3, 5, 6, 3, {}, false, sample_bias, true, residual, {7, 3}});
    }
  }
  check(t, {1, 4, 4, 640, 160, 3, {}, false, false, true, Residual::kNone, {1280, 640}});
  check(t, {2, 8, 8, 64, 32, 3, kUnetDown, false, false, true, Residual::kNone, {64}});
}

// A sample's bits do not depend on its neighbours.
LTW_OP_TEST(conv2d_batch_invariance) {
  for (const Case& c : {Case{3, 8, 8, 64, 96, 3, {}, true, true}, Case{3, 4, 4, 320, 64, 1, kPointwise},
                        Case{3, 5, 6, 72, 64, 3, kUpsample}, Case{3, 18, 7, 64, 3},
                        Case{3, 5, 6, 64, 96, 3, {}, false, true, true, Residual::kNone, {96, 24}}}) {
    const Data all = make(t, c);
    const Values together = run(t, c, all);
    Case one = c;
    one.n = 1;
    Values apart;
    for (int64_t n = 0; n < c.n; ++n) {
      const auto part = [&](const Values& v) {
        const auto size = static_cast<std::ptrdiff_t>(v.size()) / c.n;
        return Values(v.begin() + n * size, v.begin() + (n + 1) * size);
      };
      Data data{part(all.x), all.w, all.bias, part(all.sample_bias), part(all.residual), {}, all.term_w};
      for (const Values& x : all.term_x) data.term_x.push_back(part(x));
      const Values y = run(t, one, data);
      apart.insert(apart.end(), y.begin(), y.end());
    }
    expect_same_bits(together, apart, "samples together and apart");
  }
}

LTW_OP_TEST(conv2d_refuses_other_shapes) {
  const PackedWeights weights = pack_conv2d(Values(8 * 4 * 9), {}, 8, 4, 3, t.backend());
  const Placed src = t.upload(Shape{1, 5, 5, 4}, Values(100)), out = t.output(Shape{1, 5, 5, 8});
  const auto run_with = [&](const Conv2dParams& params, const Epilogue& epilogue) {
    t.run(out, [&](Context& ctx) { conv2d(out, src, weights, params, epilogue, ctx); });
  };
  run_with({}, {});
  test::expect_refused([&] { run_with({2, 1, 1, false}, {}); }, "a destination of another size");
  Epilogue epilogue;
  epilogue.residual = src.view;
  test::expect_refused([&] { run_with({}, epilogue); }, "a residual of another shape");
  const PackedWeights matrix = pack_linear(Values(8 * 4), {}, 8, 4, t.backend());
  const Placed other = t.upload(Shape{1, 5, 4, 4}, Values(80));
  test::expect_refused([&] { run_with({}, {.terms = {{other, &matrix}}}); }, "a term of fewer pixels");
  test::expect_refused(
      [&] {
        run_with({}, {.activation = Activation::kSilu, .terms = {{src, &matrix}}});
      },
      "a term before an activation");
}

}  // namespace
}  // namespace ltw
