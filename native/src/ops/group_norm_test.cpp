#include "ops/group_norm.h"

#include <cmath>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect_close;
using test::OpFixture;
using test::Placed;
using test::Values;

struct Case {
  int64_t n, h, w, c1, c2 = 0, groups = 32;
  bool silu = false;
  double mean = 0, deviation = 1;
};

// x: joined, [n, h, w, c1 + c2]
Doubles reference(const Case& c, const Values& x, const Values& gamma, const Values& beta, double eps) {
  const int64_t channels = c.c1 + c.c2, size = channels / c.groups, pixels = c.h * c.w;
  Doubles y(x.size());
  for (int64_t n = 0; n < c.n; ++n) {
    for (int64_t g = 0; g < c.groups; ++g) {
      const auto for_each = [&](const auto& body) {
        for (int64_t p = 0; p < pixels; ++p) {
          for (int64_t j = g * size; j < (g + 1) * size; ++j) body((n * pixels + p) * channels + j, j);
        }
      };
      double sum = 0, squares = 0;
      for_each([&](int64_t i, int64_t) { sum += x[i]; });
      const double count = static_cast<double>(pixels * size), mean = sum / count;
      for_each([&](int64_t i, int64_t) { squares += (x[i] - mean) * (x[i] - mean); });
      for_each([&](int64_t i, int64_t j) {
        const double value = (x[i] - mean) / std::sqrt(squares / count + eps) * gamma[j] + beta[j];
        y[i] = c.silu ? value / (1 + std::exp(-value)) : value;
      });
    }
  }
  return y;
}

void check(OpFixture& t, const Case& c) {
  const int64_t channels = c.c1 + c.c2, rows = c.n * c.h * c.w;
  const Values x1 = t.random(rows * c.c1, c.deviation, c.mean),
               x2 = t.random(rows * c.c2, c.deviation, c.mean);
  const Values gamma = t.random(channels), beta = t.random(channels);
  Values joined;
  for (int64_t row = 0; row < rows; ++row) {
    joined.insert(joined.end(), x1.begin() + row * c.c1, x1.begin() + (row + 1) * c.c1);
    joined.insert(joined.end(), x2.begin() + row * c.c2, x2.begin() + (row + 1) * c.c2);
  }
  const NormWeights weights = t.norm_weights(gamma, beta);
  const Placed src = t.upload(Shape{c.n, c.h, c.w, c.c1}, x1), out = t.output(Shape{c.n, c.h, c.w, channels});
  std::optional<Placed> src2;
  if (c.c2) src2 = t.upload(Shape{c.n, c.h, c.w, c.c2}, x2);
  const std::optional<Tensor> second = src2 ? std::optional<Tensor>(src2->view) : std::nullopt;
  const GroupNormParams params{c.groups, 1e-5, c.silu};
  const Values got = t.run(out, [&](Context& ctx) { group_norm(out, src, second, weights, params, ctx); });
  expect_close(got, reference(c, joined, gamma, beta, params.eps), t.tolerance().norm,
               text(c.n, "x", c.h, "x", c.w, "x", c.c1, "+", c.c2, " in ", c.groups, " groups"));
}

LTW_OP_TEST(group_norm_shapes) {
  for (const bool silu : {false, true}) {
    for (const Case& c :
         {Case{1, 8, 8, 320}, Case{2, 7, 5, 64}, Case{1, 1, 1, 64}, Case{2, 3, 3, 96}, Case{1, 5, 9, 6, 0, 3},
          Case{1, 9, 15, 7, 0, 1}, Case{1, 4, 4, 1280}, Case{1, 33, 17, 32}, Case{3, 2, 1, 8, 0, 2}}) {
      Case with = c;
      with.silu = silu;
      check(t, with);
    }
  }
}

// Several thread blocks a slice on a GPU with clusters; 67 x 61 pixels do not divide into them.
LTW_OP_TEST(group_norm_large) {
  check(t, {2, 64, 64, 320, 0, 32, true});
  check(t, {1, 67, 61, 320, 0, 32, false, 1000});
  check(t, {1, 32, 31, 192, 128, 32, true, -100});  // a group of 10 spans the joint
  check(t, {1, 64, 64, 640, 320, 32, true});
  check(t, {1, 96, 96, 128, 0, 32, true});  // groups of 4, as in the VAE
}

LTW_OP_TEST(group_norm_two_sources) {
  check(t, {1, 4, 4, 640, 320, 32, true});
  check(t, {2, 5, 3, 40, 24, 4});  // groups of 16: the third spans the joint
  check(t, {2, 9, 10, 13, 7, 5, true});
  check(t, {1, 4, 4, 1280, 640, 32, true});  // groups of 60, as in SD's first up block
}

// Neither a large mean nor a small deviation may cost digits.
LTW_OP_TEST(group_norm_is_robust) {
  check(t, {1, 16, 9, 64, 0, 32, true, 100});
  check(t, {2, 16, 9, 64, 32, 8, false, -1000});
  check(t, {1, 13, 13, 32, 0, 4, true, 0, 1e3});
  if (t.type() == DType::kF32) check(t, {1, 16, 16, 64, 0, 32, false, 1e5});
}

void check_batch_invariance(OpFixture& t, int64_t h, int64_t w, int64_t channels) {
  const int64_t n = 3, sample = h * w * channels;
  const Values x = t.random(n * sample);
  const NormWeights weights = t.norm_weights(t.random(channels), t.random(channels));
  const auto run = [&](const Values& values, int64_t count) {
    const Shape shape{count, h, w, channels};
    const Placed src = t.upload(shape, values), out = t.output(shape);
    return t.run(out, [&](Context& ctx) { group_norm(out, src, {}, weights, {32, 1e-5, true}, ctx); });
  };
  Values apart;
  for (int64_t i = 0; i < n; ++i) {
    const Values y = run(Values(x.begin() + i * sample, x.begin() + (i + 1) * sample), 1);
    apart.insert(apart.end(), y.begin(), y.end());
  }
  test::expect_same_bits(run(x, n), apart, "samples together and apart");
}

LTW_OP_TEST(group_norm_batch_invariance) {
  check_batch_invariance(t, 7, 10, 64);
  check_batch_invariance(t, 8, 8, 1280);
  check_batch_invariance(t, 63, 65, 320);
}

// For the sanitizers: as small as a norm can be that two blocks of a cluster share.
LTW_OP_TEST(small_group_norm_of_a_cluster) { check(t, {1, 29, 27, 64, 0, 4, true}); }

LTW_OP_TEST(group_norm_refuses_other_shapes) {
  const NormWeights weights = t.norm_weights(Values(6), Values(6));
  const Placed src = t.upload(Shape{1, 2, 2, 6}, Values(24)), out = t.output(Shape{1, 2, 2, 6});
  const auto run = [&](const std::optional<Tensor>& src2, int64_t groups) {
    t.run(out, [&](Context& ctx) { group_norm(out, src, src2, weights, {groups, 1e-5, false}, ctx); });
  };
  run({}, 3);
  test::expect_refused([&] { run({}, 4); }, "6 channels in 4 groups");
  test::expect_refused([&] { run(src.view, 3); }, "a destination without room for the second source");
}

}  // namespace
}  // namespace ltw
