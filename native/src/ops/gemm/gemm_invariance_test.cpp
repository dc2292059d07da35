// A row's bits may not depend on how many rows there are, although the tile and with it the kernel's instance
// do.
#include "op_fixture.h"
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

}  // namespace
}  // namespace ltw
