#include "ops/layer_norm.h"

#include <cmath>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::OpFixture;
using test::Placed;
using test::Slice;
using test::Values;

void check(OpFixture& t, int64_t rows, int64_t channels, double mean = 0, double deviation = 1,
           Slice from = {}, Slice to = {}) {
  constexpr double kEps = 1e-5;
  const Values x = t.random(rows * channels, deviation, mean), gamma = t.random(channels),
               beta = t.random(channels);
  const NormWeights weights = t.norm_weights(gamma, beta);
  const Placed src = t.upload(Shape{rows, channels}, x, from), out = t.output(Shape{rows, channels}, to);
  const Values got = t.run(out, [&](Context& ctx) { layer_norm(out, src, weights, kEps, ctx); });
  Doubles expected;
  for (int64_t row = 0; row < rows; ++row) {
    const float* begin = &x[row * channels];
    double sum = 0, squares = 0;
    for (int64_t c = 0; c < channels; ++c) sum += begin[c];
    const double average = sum / static_cast<double>(channels);
    for (int64_t c = 0; c < channels; ++c) squares += (begin[c] - average) * (begin[c] - average);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(channels) + kEps);
    for (int64_t c = 0; c < channels; ++c)
      expected.push_back((begin[c] - average) * inverse * gamma[c] + beta[c]);
  }
  test::expect_close(got, expected, t.tolerance().norm, text(rows, "x", channels, ", mean ", mean));
}

LTW_OP_TEST(layer_norm_shapes) {
  for (const int64_t channels : {2, 7, 32, 320, 640, 768, 1280, 1283}) {
    for (const int64_t rows : {1, 5, 77}) check(t, rows, channels);
  }
}

LTW_OP_TEST(layer_norm_is_robust) {
  check(t, 9, 320, 100);
  check(t, 9, 320, -1000);
  check(t, 9, 768, 0, 1e3);
  if (t.type() == DType::kF32) check(t, 9, 1280, 1e5);
}

LTW_OP_TEST(layer_norm_slices) {
  check(t, 17, 40, 0, 1, {40, 120}, {});
  check(t, 17, 40, 0, 1, {}, {80, 120});
}

LTW_OP_TEST(layer_norm_refuses_other_shapes) {
  const NormWeights weights = t.norm_weights(Values(4), Values(4));
  const Placed src = t.upload(Shape{2, 5}, Values(10)), out = t.output(Shape{2, 5});
  test::expect_refused([&] { t.run(out, [&](Context& ctx) { layer_norm(out, src, weights, 1e-5, ctx); }); },
                       "4 scales for 5 channels");
}

}  // namespace
}  // namespace ltw
