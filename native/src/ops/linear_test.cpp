#include "ops/linear.h"

#include <cmath>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect_close;
using test::OpFixture;
using test::Placed;
using test::Slice;
using test::Values;

double apply(Activation activation, double x) {
  switch (activation) {
    case Activation::kSilu:
      return x / (1 + std::exp(-x));
    case Activation::kGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::kQuickGelu:
      return x / (1 + std::exp(-1.702 * x));
    default:
      return x;
  }
}

enum class Residual { kNone, kInPlace, kElsewhere };

struct Case {
  int64_t rows, in, out;
  Activation activation = Activation::kNone;
  Residual residual = Residual::kNone;
  bool biased = true;
  Slice from{}, to{};
};

Doubles reference(const Case& c, const Values& x, const Values& w, const Values& b, const Values& r) {
  const bool gated = c.activation == Activation::kGeglu;
  const int64_t channels = gated ? c.out / 2 : c.out;
  const auto product = [&](int64_t row, int64_t o) {
    double sum = c.biased ? b[o] : 0.0;
    for (int64_t i = 0; i < c.in; ++i) sum += static_cast<double>(x[row * c.in + i]) * w[o * c.in + i];
    return sum;
  };
  Doubles y;
  for (int64_t row = 0; row < c.rows; ++row) {
    for (int64_t o = 0; o < channels; ++o) {
      const double value = gated ? product(row, o) * apply(Activation::kGelu, product(row, o + channels))
                                 : apply(c.activation, product(row, o));
      y.push_back(value + (c.residual == Residual::kNone ? 0.0 : r[y.size()]));
    }
  }
  return y;
}

void check(OpFixture& t, const Case& c) {
  const int64_t channels = c.activation == Activation::kGeglu ? c.out / 2 : c.out;
  const Values x = t.random(c.rows * c.in), b = t.random(c.out), r = t.random(c.rows * channels);
  const Values w = t.random_weights(c.out * c.in, 1 / std::sqrt(static_cast<double>(c.in)));
  const PackedWeights weights = pack_linear(w, c.biased ? b : Values{}, c.out, c.in, t.backend());
  const Placed src = t.upload(Shape{c.rows, c.in}, x, c.from),
               residual = t.upload(Shape{c.rows, channels}, r);
  const Placed out = t.output(Shape{c.rows, channels}, c.to);
  Epilogue epilogue;
  epilogue.activation = c.activation;
  if (c.residual == Residual::kElsewhere) epilogue.residual = residual;
  if (c.residual == Residual::kInPlace) epilogue.residual = out.view;
  const Values got = t.run(
      out, [&](Context& ctx) { linear(out, src, weights, epilogue, ctx); },
      c.residual == Residual::kInPlace ? r : Values{});
  expect_close(got, reference(c, x, w, b, r), t.tolerance().product,
               text(c.rows, "x", c.in, " to ", c.out, ", activation ", static_cast<int>(c.activation),
                    ", residual ", static_cast<int>(c.residual)));
}

LTW_OP_TEST(linear_shapes) {
  for (const Case& c :
       {Case{1, 1, 1}, Case{1, 320, 1280}, Case{77, 768, 96}, Case{5, 3, 7}, Case{130, 40, 33},
        Case{64, 320, 320}, Case{2, 17, 640}, Case{16, 1280, 160}, Case{9, 4096, 24}}) {
    check(t, c);
    Case unbiased = c;
    unbiased.biased = false;
    check(t, unbiased);
  }
}

LTW_OP_TEST(linear_epilogues) {
  for (const Activation activation : {Activation::kNone, Activation::kSilu, Activation::kGelu,
                                      Activation::kQuickGelu, Activation::kGeglu}) {
    for (const Residual residual : {Residual::kNone, Residual::kElsewhere, Residual::kInPlace}) {
      check(t, {67, 96, 64, activation, residual});
      check(t, {3, 31, 22, activation, residual});
    }
  }
}

LTW_OP_TEST(linear_slices) {
  for (const Residual residual : {Residual::kNone, Residual::kElsewhere, Residual::kInPlace}) {
    check(t, {33, 64, 48, Activation::kNone, residual, true, {64, 192}, {48, 144}});
    check(t, {33, 64, 48, Activation::kGelu, residual, true, {64, 192}, {}});
    check(t, {33, 64, 48, Activation::kGeglu, residual, true, {}, {24, 72}});
    check(t, {77, 40, 24, Activation::kNone, residual, false, {}, {8, 56}});
  }
}

LTW_OP_TEST(linear_terms) {
  struct Sizes {
    int64_t rows, in, out;
    std::vector<int64_t> terms;
  };
  for (const Sizes& s :
       {Sizes{130, 96, 64, {40}}, Sizes{67, 1280, 320, {320, 8}}, Sizes{5, 30, 22, {31, 3}}}) {
    const Values x = t.random(s.rows * s.in), b = t.random(s.out, 0.3), r = t.random(s.rows * s.out, 0.3);
    const Values w = t.random_weights(s.out * s.in, 1 / std::sqrt(static_cast<double>(s.in)));
    Doubles expected = reference({s.rows, s.in, s.out, Activation::kNone, Residual::kElsewhere}, x, w, b, r);
    std::vector<PackedWeights> weights;
    std::vector<Placed> from;
    for (const int64_t in : s.terms) {
      const Values term_x = t.random(s.rows * in);
      // Small, because their sum is rounded where it is a product of its own.
      const Values term_w = t.random_weights(s.out * in, 0.2 / std::sqrt(static_cast<double>(in)));
      const Doubles more =
          reference({s.rows, in, s.out, Activation::kNone, Residual::kNone, false}, term_x, term_w, {}, {});
      for (size_t i = 0; i < expected.size(); ++i) expected[i] += more[i];
      weights.push_back(pack_linear(term_w, {}, s.out, in, t.backend()));
      from.push_back(t.upload(Shape{s.rows, in}, term_x, {8, in + 24}));
    }
    const PackedWeights first = pack_linear(w, b, s.out, s.in, t.backend());
    const Placed src = t.upload(Shape{s.rows, s.in}, x), residual = t.upload(Shape{s.rows, s.out}, r);
    const Placed out = t.output(Shape{s.rows, s.out});
    Epilogue epilogue{.residual = residual.view};
    for (size_t i = 0; i < from.size(); ++i) epilogue.terms.push_back({from[i], &weights[i]});
    const Values got = t.run(out, [&](Context& ctx) { linear(out, src, first, epilogue, ctx); });
    expect_close(got, expected, t.tolerance().product,
                 text(s.rows, "x", s.in, ", ", s.terms.size(), " terms"));
  }
}

LTW_OP_TEST(linear_takes_images) {
  const Shape shape{2, 3, 5, 16};
  const Values x = t.random(shape.size()), w = t.random_weights(24 * 16, 0.25);
  const PackedWeights weights = pack_linear(w, {}, 24, 16, t.backend());
  const Placed src = t.upload(shape, x), out = t.output(shape.with(3, 24));
  const Values got = t.run(out, [&](Context& ctx) { linear(out, src, weights, {}, ctx); });
  expect_close(got, reference({30, 16, 24, Activation::kNone, Residual::kNone, false}, x, w, {}, {}),
               t.tolerance().product, "image");
}

LTW_OP_TEST(linear_refuses_other_shapes) {
  const PackedWeights weights = pack_linear(Values(8 * 4), {}, 8, 4, t.backend());
  const Placed src = t.upload(Shape{2, 4}, Values(8)), out = t.output(Shape{2, 8});
  const Placed narrow = t.upload(Shape{2, 3}, Values(6)), short_out = t.output(Shape{1, 8});
  const auto run = [&](const Tensor& dst, const Tensor& from) {
    t.run(out, [&](Context& ctx) { linear(dst, from, weights, {}, ctx); });
  };
  run(out, src);
  test::expect_refused([&] { run(out, narrow); }, "too few input channels");
  test::expect_refused([&] { run(short_out, src); }, "too few rows");
  test::expect_refused([&] { pack_linear(Values(31), {}, 8, 4, t.backend()); }, "a short weight");
}

}  // namespace
}  // namespace ltw
