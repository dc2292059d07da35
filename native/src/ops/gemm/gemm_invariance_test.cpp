// A row's bits may not depend on how many rows there are, although the tile and with it the kernel's instance
// do.
#include "op_fixture.h"
#include "ops/conv2d.h"
#include "ops/linear.h"

namespace ltw {
namespace {

using test::OpFixture;
using test::Placed;
using test::Values;

LTW_OP_TEST(gemm_rows_do_not_see_each_other) {
  if (t.backend().frames_per_evaluation() == 1) return;  // the backend does not promise it
  const int64_t in = 72, few = 70, many = 20000;
  for (const int64_t out : {320, 512}) {
    const Values w = t.random_weights(out * in, 0.07), bias = t.random(out), x = t.random(many * in);
    const PackedWeights weights = pack_linear(w, bias, out, in, t.backend());
    const auto run = [&](int64_t rows) {
      const Placed src = t.upload(Shape{rows, in}, Values(x.begin(), x.begin() + rows * in));
      const Placed dst = t.output(Shape{rows, out});
      Values y = t.run(dst, [&](Context& ctx) { linear(dst, src, weights, {}, ctx); });
      y.resize(static_cast<size_t>(few * out));
      return y;
    };
    test::expect_same_bits(run(few), run(many), "the first rows of few and of many");
  }
}

// Deep layers on small images, whose depth is added in parts: by several blocks at first, by one where many
// samples fill the device.
LTW_OP_TEST(gemm_samples_do_not_see_each_other) {
  if (t.backend().frames_per_evaluation() == 1) return;
  struct Case {
    int64_t size, in, out, many;
  };
  for (const Case& c : {Case{8, 1280, 320, 150}, Case{16, 640, 640, 40}, Case{12, 648, 160, 100}}) {
    const Values w = t.random(c.out * c.in * 9, 0.02), bias = t.random(c.out);
    const Values x = t.random(c.many * c.size * c.size * c.in);
    const PackedWeights weights = pack_conv2d(w, bias, c.out, c.in, 3, t.backend());
    const auto run = [&](int64_t samples) {
      const Shape from{samples, c.size, c.size, c.in}, to = from.with(3, c.out);
      const Placed src = t.upload(from, Values(x.begin(), x.begin() + from.size())), dst = t.output(to);
      Values y = t.run(dst, [&](Context& ctx) { conv2d(dst, src, weights, {}, {}, ctx); });
      y.resize(static_cast<size_t>(to.size() / samples));
      return y;
    };
    const Values alone = run(1);
    test::expect_same_bits(alone, run(3), "the first of three samples");
    test::expect_same_bits(alone, run(c.many), "the first of many samples");
  }
}

}  // namespace
}  // namespace ltw
