// Products of e4m3 operands beside sums in double of exactly the rounded operands, so that the tolerance is
// the tensor cores' own; and what writes e4m3.
#include "ops/quantise.h"

#include <array>
#include <cmath>

#include "op_fixture.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect;
using test::expect_close;
using test::OpFixture;
using test::Placed;
using test::Values;

bool device_has_e4m3(OpFixture& t) {
  try {
    require_e4m3(t.backend());
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool has_e4m3(OpFixture& t) { return t.type() == DType::kF16 && device_has_e4m3(t); }

// The tensor cores keep 13 bits below the largest of what they add at once, and cut off the rest: each 32 of
// depth take up to 2^-13 of the sum so far, here up to 2. The output is rounded to float16 as ever.
test::Tolerance of_product(int64_t depth, OpFixture& t) {
  const test::Tolerance rounding = t.tolerance().product;
  return {rounding.absolute + 0x1p-12 * static_cast<double>(depth) / 32, rounding.relative};
}

// [0, 127]: the code of the e4m3 number nearest to x >= 0, to the even code where two are.
int nearest_code(double x) {
  const auto value = [](int code) { return static_cast<double>(e4m3_to_float(static_cast<uint8_t>(code))); };
  int below = 0, above = 126;
  if (x >= value(above)) return above;
  while (above - below > 1) {
    const int middle = (below + above) / 2;
    (value(middle) <= x ? below : above) = middle;
  }
  const double down = x - value(below), up = value(above) - x;
  return down < up || (down == up && below % 2 == 0) ? below : above;
}

Values downloaded(const Tensor& tensor, OpFixture& t) {
  std::vector<uint8_t> bytes(static_cast<size_t>(tensor.bytes()));
  t.backend().download(bytes.data(), tensor.data, tensor.bytes());
  Values values;
  for (size_t i = 0; i < static_cast<size_t>(tensor.shape.size()); ++i) {
    if (tensor.dtype == DType::kE4M3) values.push_back(e4m3_to_float(bytes[i]));
    if (tensor.dtype == DType::kF32) values.push_back(reinterpret_cast<const float*>(bytes.data())[i]);
  }
  return values;
}

Values weight_scales(const PackedWeights& weights, OpFixture& t) {
  Values scales = downloaded(weights.product_scale, t);
  for (float& scale : scales) scale /= weights.input_scale;
  return scales;
}

// What the device multiplies by: [out, depth]; of an upsampled image [4, out, depth].
Values weights_of(const PackedWeights& weights, OpFixture& t) {
  const bool upsampled = weights.upsampled.data() != nullptr;
  const int64_t depth = (upsampled ? 4 : weights.kernel * weights.kernel) * weights.in_channels;
  const Shape shape{upsampled ? 4 : 1, weights.out_channels, depth};
  void* const data = upsampled ? weights.upsampled.data() : weights.weight.data();
  Values w = downloaded(Tensor(data, DType::kE4M3, shape), t);
  const Values scales = weight_scales(weights, t);
  for (size_t i = 0; i < w.size(); ++i) w[i] *= scales[i / static_cast<size_t>(depth) % scales.size()];
  return w;
}

struct Source {
  Placed placed;
  Values values;  // scale included
};

Source random_source(const Shape& shape, float scale, OpFixture& t) {
  Source source{t.output(shape, DType::kE4M3), {}};
  const Values wanted = t.random(shape.size());
  std::vector<uint8_t> bytes;
  for (const float x : wanted) {
    bytes.push_back(static_cast<uint8_t>(nearest_code(std::abs(x) / scale) | (x < 0 ? 0x80 : 0)));
    source.values.push_back(e4m3_to_float(bytes.back()) * scale);
  }
  t.backend().upload(source.placed.view.data, bytes.data(), static_cast<int64_t>(bytes.size()));
  source.placed.view.scale = scale;
  return source;
}

// Float16's linear layers onto a product of e4m3.
class Terms {
 public:
  Terms(const std::vector<int64_t>& channels, const Shape& to, OpFixture& t) : out_(to[to.rank() - 1]) {
    for (const int64_t in : channels) {
      x_.push_back(t.random(to.size() / out_ * in));
      w_.push_back(t.random_weights(out_ * in, 0.5 / std::sqrt(static_cast<double>(in))));
      weights_.push_back(pack_linear(w_.back(), {}, out_, in, t.backend()));
      src_.push_back(t.upload(to.with(to.rank() - 1, in), x_.back()));
    }
  }

  std::vector<LinearTerm> of_epilogue() const {
    std::vector<LinearTerm> terms;
    for (size_t i = 0; i < src_.size(); ++i) terms.push_back({src_[i], &weights_[i]});
    return terms;
  }

  double sum(int64_t row, int64_t o) const {
    double sum = 0;
    for (size_t i = 0; i < x_.size(); ++i) {
      const int64_t in = weights_[i].in_channels;
      const float *x = &x_[i][static_cast<size_t>(row * in)], *w = &w_[i][static_cast<size_t>(o * in)];
      for (int64_t k = 0; k < in; ++k) sum += static_cast<double>(x[k]) * w[k];
    }
    return sum;
  }

 private:
  int64_t out_;
  std::vector<Values> x_, w_;
  std::vector<PackedWeights> weights_;
  std::vector<Placed> src_;
};

// Rounded to e4m3: half a step of 2^-3, or of the smallest number's. `off`: how far what was rounded may be
// from `expected`.
void expect_rounded(const Values& got, const Doubles& expected, float scale, double off,
                    const std::string& what) {
  Values scaled;
  for (const float x : got) scaled.push_back(x * scale);
  expect_close(scaled, expected, {0x1p-10 * scale + off, 0x1p-4 + 0x1p-10}, what);
}

LTW_OP_TEST(quantise_rounds_weights_to_nearest) {
  if (!has_e4m3(t)) return;
  const int64_t out = 48, in = 80;
  Values w = t.random_weights(out * in, 0.05);
  for (int64_t i = 0; i < in; ++i) w[static_cast<size_t>(i)] = 0;  // a channel without weights
  PackedWeights weights = pack_linear(w, {}, out, in, t.backend());
  quantise(weights, 0.5f, t.backend());
  const Values scales = weight_scales(weights, t), got = weights_of(weights, t);
  for (int64_t row = 0; row < out; ++row) {
    float most = 0;
    for (int64_t i = 0; i < in; ++i) most = std::max(most, std::abs(w[static_cast<size_t>(row * in + i)]));
    const float scale = scales[static_cast<size_t>(row)];
    expect(most == 0 || std::abs(most - 448 * scale) <= most * 0x1p-21f, "row ", row, " up to ", most,
           " in units of ", scale);
    for (int64_t i = 0; i < in; ++i) {
      const float x = w[static_cast<size_t>(row * in + i)], y = got[static_cast<size_t>(row * in + i)];
      const float best = e4m3_to_float(static_cast<uint8_t>(nearest_code(std::abs(x) / scale))) * scale;
      expect(std::abs(y - x) <= std::abs(best - std::abs(x)) * (1 + 1e-5f), x, " became ", y, ", not ", best);
    }
  }
}

LTW_OP_TEST(quantise_finds_the_peak) {
  if (!has_e4m3(t)) return;
  Values x = t.random(12345);
  x[7777] = -37.5f;
  const Placed src = t.upload(Shape{3, 4115}, x);
  const OwnedTensor peak = t.upload_f32(Shape{1}, {3});
  Arena none;
  Context ctx = Context::immediate(t.backend(), none);
  float found = 0;
  raise_peak(peak, src, ctx);
  t.backend().download(&found, peak.tensor().data, sizeof found);
  expect(found == 37.5f, "peak ", found);
}

LTW_OP_TEST(e4m3_linear) {
  if (!has_e4m3(t)) return;
  struct Case {
    int64_t rows, in, out;
    bool residual, gated;
    std::vector<int64_t> terms{};
  };
  for (const Case& c :
       {Case{300, 320, 320, true, false}, Case{129, 64, 960, false, false}, Case{77, 48, 16, true, false},
        Case{200, 320, 640, false, true}, Case{1000, 1280, 128, true, false}, Case{65, 80, 96, false, true},
        Case{4000, 128, 1280, false, false}, Case{300, 1280, 320, true, false, {320}},
        Case{200, 48, 80, false, false, {8, 72}},
        // More tiles than multiprocessors.
        Case{4200, 80, 800, false, true}, Case{4200, 80, 960, true, false, {40}}}) {
    const int64_t channels = c.gated ? c.out / 2 : c.out;
    const Values bias = t.random(c.out, 0.5);
    const double spread = 1 / std::sqrt(static_cast<double>(c.in));
    PackedWeights weights =
        pack_linear(t.random_weights(c.out * c.in, spread), bias, c.out, c.in, t.backend());
    const float scale = 0.01f;
    quantise(weights, scale, t.backend());
    const Values w = weights_of(weights, t), r = t.random(c.rows * channels);
    const Source src = random_source(Shape{c.rows, c.in}, scale, t);
    const Placed residual = t.upload(Shape{c.rows, channels}, r);
    Placed dst = t.output(Shape{c.rows, channels}, c.gated ? DType::kE4M3 : DType::kF16);
    dst.view.scale = 0.1f;
    Epilogue epilogue;
    const Terms terms(c.terms, dst.view.shape, t);
    if (c.gated) epilogue.activation = Activation::kGeglu;
    if (c.residual) epilogue.residual = residual.view;
    epilogue.terms = terms.of_epilogue();
    const Values got = t.run(dst, [&](Context& ctx) { linear(dst, src.placed, weights, epilogue, ctx); });
    const auto product = [&](int64_t row, int64_t o) {
      double sum = bias[static_cast<size_t>(o)];
      for (int64_t i = 0; i < c.in; ++i) {
        sum += static_cast<double>(src.values[static_cast<size_t>(row * c.in + i)]) *
               w[static_cast<size_t>(o * c.in + i)];
      }
      return sum;
    };
    Doubles expected;
    for (int64_t row = 0; row < c.rows; ++row) {
      for (int64_t o = 0; o < channels; ++o) {
        double y = product(row, o);
        if (c.gated) {
          const double gate = product(row, o + channels);
          y *= 0.5 * gate * std::erfc(-gate / std::sqrt(2.0));
        }
        expected.push_back(y + (c.residual ? r[expected.size()] : 0.0) + terms.sum(row, o));
      }
    }
    const std::string what = text(c.rows, "x", c.in, ">", c.out, epilogue);
    if (c.gated) {
      // A factor's error is multiplied by the other factor, of 4 at most.
      expect_rounded(got, expected, dst.view.scale, 8 * of_product(c.in, t).absolute, what);
    } else {
      expect_close(got, expected, of_product(c.in, t), what);
    }
  }
}

LTW_OP_TEST(e4m3_conv2d) {
  if (!has_e4m3(t)) return;
  struct Case {
    int64_t samples, size, in, out;
    bool sample_bias, residual;
    std::vector<int64_t> terms{};
    bool upsample = false;
  };
  for (const Case& c :
       {Case{2, 9, 64, 48, true, false}, Case{1, 16, 320, 320, true, false}, Case{3, 8, 192, 80, false, true},
        Case{1, 16, 320, 320, false, false, {640, 320}}, Case{2, 9, 64, 48, true, true, {24}},
        Case{2, 7, 64, 48, false, false, {}, true}, Case{1, 32, 320, 160, false, false, {}, true}}) {
    const Values bias = t.random(c.out, 0.5);
    const double spread = 1 / std::sqrt(9.0 * static_cast<double>(c.in));
    PackedWeights weights = pack_conv2d(t.random_weights(c.out * c.in * 9, spread), bias, c.out, c.in, 3,
                                        t.backend(), c.upsample);
    const float scale = 0.01f;
    quantise(weights, scale, t.backend());
    const Values w = weights_of(weights, t);  // [out][ky][kx][in]; upsampled: [place][out][2][2][in]
    const int64_t window = c.upsample ? 2 : 3, taps = window * window, side = c.size * (c.upsample ? 2 : 1);
    const Shape from{c.samples, c.size, c.size, c.in}, to{c.samples, side, side, c.out};
    const Source src = random_source(from, scale, t);
    const Values r = t.random(to.size()), s = t.random(c.samples * c.out);
    const Placed residual = t.upload(to, r), sample = t.upload(Shape{c.samples, c.out}, s),
                 dst = t.output(to);
    Epilogue epilogue;
    if (c.sample_bias) epilogue.sample_bias = sample.view;
    if (c.residual) epilogue.residual = residual.view;
    const Terms terms(c.terms, to, t);
    epilogue.terms = terms.of_epilogue();
    const Values got = t.run(dst, [&](Context& ctx) {
      conv2d(dst, src.placed, weights, {.upsample = c.upsample}, epilogue, ctx);
    });
    // The first pixel under the window of output pixel `at` of an axis.
    const auto first = [&](int64_t at) { return c.upsample ? at / 2 - 1 + at % 2 : at - 1; };
    Doubles expected;
    for (int64_t n = 0; n < c.samples; ++n) {
      for (int64_t at = 0; at < side * side; ++at) {
        const int64_t place = c.upsample ? at / side % 2 * 2 + at % 2 : 0;  // within the source's pixel
        for (int64_t o = 0; o < c.out; ++o) {
          double sum = bias[static_cast<size_t>(o)] + terms.sum(n * side * side + at, o);
          if (c.sample_bias) sum += s[static_cast<size_t>(n * c.out + o)];
          if (c.residual) sum += r[expected.size()];
          for (int64_t tap = 0; tap < taps; ++tap) {
            const int64_t y = first(at / side) + tap / window, x = first(at % side) + tap % window;
            if (y < 0 || x < 0 || y >= c.size || x >= c.size) continue;
            const float* pixel = &src.values[static_cast<size_t>(((n * c.size + y) * c.size + x) * c.in)];
            const float* filter = &w[static_cast<size_t>(((place * c.out + o) * taps + tap) * c.in)];
            for (int64_t i = 0; i < c.in; ++i) sum += static_cast<double>(pixel[i]) * filter[i];
          }
          expected.push_back(sum);
        }
      }
    }
    expect_close(got, expected, of_product(9 * c.in, t), text(c.in, ">", c.out, " @", c.size, epilogue));
  }
}

// A row's bits may not depend on how many rows there are, although the tile does.
LTW_OP_TEST(e4m3_rows_do_not_see_each_other) {
  if (!has_e4m3(t)) return;
  const int64_t in = 336, few = 70, many = 20000;
  for (const int64_t out : {320, 512}) {
    PackedWeights weights =
        pack_linear(t.random_weights(out * in, 0.05), t.random(out), out, in, t.backend());
    quantise(weights, 0.01f, t.backend());
    const Source src = random_source(Shape{many, in}, 0.01f, t);
    const auto run = [&](int64_t rows) {
      const Placed dst = t.output(Shape{rows, out});
      Values y = t.run(
          dst, [&](Context& ctx) { linear(dst, src.placed.view.batch_slice(0, rows), weights, {}, ctx); });
      y.resize(static_cast<size_t>(few * out));
      return y;
    };
    test::expect_same_bits(run(few), run(many), "the first rows of few and of many");
  }
}

// The same norm in float16 is what is rounded: its own tests say what it may be off.
LTW_OP_TEST(norms_write_e4m3) {
  if (!has_e4m3(t)) return;
  const float scale = 0.1f;
  const auto in_both = [&](const Shape& shape, const std::function<void(const Tensor&, Context&)>& op,
                           const char* what) {
    const Placed wide = t.output(shape);
    Placed narrow = t.output(shape, DType::kE4M3);
    narrow.view.scale = scale;
    const Values expected = t.run(wide, [&](Context& ctx) { op(wide, ctx); });
    const Values got = t.run(narrow, [&](Context& ctx) { op(narrow, ctx); });
    expect_rounded(got, Doubles(expected.begin(), expected.end()), scale, 1e-3, what);
  };
  for (const int64_t channels : {320, 640, 1280, 1920}) {
    const NormWeights weights = t.norm_weights(t.random(channels), t.random(channels));
    const Placed src = t.upload(Shape{70, channels}, t.random(70 * channels));
    in_both(
        Shape{70, channels},
        [&](const Tensor& dst, Context& ctx) { layer_norm(dst, src, weights, 1e-5, ctx); }, "layer_norm");
  }
  for (const int64_t size : {16, 96}) {  // in one pass, in two
    for (const bool silu : {false, true}) {
      const int64_t c = 320;
      const NormWeights weights = t.norm_weights(t.random(c), t.random(c));
      const Placed a = t.upload(Shape{2, size, size, 192}, t.random(2 * size * size * 192));
      const Placed b = t.upload(Shape{2, size, size, 128}, t.random(2 * size * size * 128));
      in_both(
          Shape{2, size, size, c},
          [&](const Tensor& dst, Context& ctx) {
            group_norm(dst, a, b.view, weights, {.groups = size == 16 ? 32 : 64, .silu = silu}, ctx);
          },
          "group_norm");
    }
  }
}

LTW_OP_TEST(to_e4m3_rounds_to_nearest) {
  if (!has_e4m3(t)) return;
  const Shape shape{3, 7, 40};
  const Values x = t.random(shape.size(), 2);
  const Placed src = t.upload(shape, x);
  Placed dst = t.output(shape, DType::kE4M3);
  dst.view.scale = 0.05f;
  const Values got = t.run(dst, [&](Context& ctx) { to_e4m3(dst, src, ctx); });
  expect_rounded(got, Doubles(x.begin(), x.end()), dst.view.scale, 1e-3, "to_e4m3");
}

// Every shape of block: few queries and many, all keys at once and not, heads that begin anywhere.
LTW_OP_TEST(attention_writes_e4m3) {
  if (!has_e4m3(t)) return;
  constexpr int64_t kHeads = 3;
  for (const int64_t size : {40, 64, 80, 160, 8, 120}) {
    ensure(leaves_e4m3(size), "heads of ", size);
    for (const auto& [n, queries, keys] :
         {std::array<int64_t, 3>{1, 33, 77}, {20, 1030, 77}, {1, 70, 200}, {20, 1030, 90}}) {
      const Shape from{n, queries, kHeads * size}, to{n, keys, kHeads * size};
      const Placed q = t.upload(from, t.random(from.size(), 1.5)), k = t.upload(to, t.random(to.size(), 1.5)),
                   v = t.upload(to, t.random(to.size()));
      const Placed half = t.output(from);
      Placed narrow = t.output(from, DType::kE4M3);
      narrow.view.scale = 1.0f / 64;
      const auto run = [&](const Placed& dst) {
        return t.run(dst, [&](Context& ctx) { attention(dst, q, k, v, {.heads = kHeads}, ctx); });
      };
      const Values expected = run(half);
      expect_rounded(run(narrow), Doubles(expected.begin(), expected.end()), narrow.view.scale, 1e-3,
                     text(n, "x", queries, "x", keys, ", heads of ", size));
    }
  }
}

LTW_OP_TEST(quantise_is_refused_elsewhere) {
  if (device_has_e4m3(t)) return;
  PackedWeights weights = pack_linear(t.random_weights(16 * 16, 1), {}, 16, 16, t.backend());
  test::expect_refused([&] { quantise(weights, 1, t.backend()); }, "e4m3 on a device without");
}

}  // namespace
}  // namespace ltw
