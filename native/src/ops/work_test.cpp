// What ops say of themselves: profiles, floors and tools/torch_baseline.py rely on it.
#include "op_fixture.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/linear.h"

namespace ltw {
namespace {

using test::expect;
using test::OpFixture;

Work observed(OpFixture& t, const std::function<void(Context&)>& op) {
  std::vector<Work> seen;
  Arena measuring;
  Context ctx = Context::measure(t.backend(), measuring);
  ctx.observe([&](const Work& work) { seen.push_back(work); });
  op(ctx);
  expect(seen.size() == 1, seen.size(), " ops seen, not 1");
  return seen.front();
}

void expect_work(const Work& got, const Work& expected) {
  expect(got.op == std::string(expected.op) && got.shape == expected.shape, got.op, " ", got.shape, " where ",
         expected.op, " ", expected.shape, " is expected");
  expect(got.positions == expected.positions && got.flop == expected.flop && got.bytes == expected.bytes,
         got.op, " ", got.shape, ": ", got.positions, " positions, ", got.flop, " flop, ", got.bytes,
         " bytes");
}

LTW_OP_TEST(ops_say_what_they_do) {
  const auto bytes = [&](int64_t elements) { return static_cast<double>(elements * size_of(t.type())); };
  const Conv2dParams params{.stride = 2};
  const PackedWeights window = pack_conv2d(t.random(16 * 8 * 9), {}, 16, 8, 3, t.backend());
  const auto image = t.output(Shape{2, 6, 6, 8}), half = t.output(Shape{2, 3, 3, 16});
  expect_work(
      observed(t, [&](Context& ctx) { conv2d(half, image, window, params, {.residual = half.view}, ctx); }),
      {"conv2d", "B2 8>16 @6 k3 stride 2 residual", 9, 2.0 * (2 * 3 * 3 * 16) * (8 * 9),
       bytes(2 * 6 * 6 * 8 + 2 * (2 * 3 * 3 * 16)) + static_cast<double>(window.weight.bytes())});

  const auto doubled = t.output(Shape{2, 12, 12, 16});
  const Conv2dParams up{.upsample = true};  // 2x2 source pixels lie under a 3x3 window
  expect_work(observed(t, [&](Context& ctx) { conv2d(doubled, image, window, up, {}, ctx); }),
              {"conv2d", "B2 8>16 @6 k3 upsampled", 144, 2.0 * (2 * 12 * 12 * 16) * (8 * 4),
               bytes(2 * 6 * 6 * 8 + 2 * 12 * 12 * 16) + static_cast<double>(window.weight.bytes())});

  const PackedWeights matrix = pack_linear(t.random(32 * 8), {}, 32, 8, t.backend());
  const auto tokens = t.output(Shape{2, 5, 8}), wide = t.output(Shape{2, 5, 16});
  const Epilogue geglu{.activation = Activation::kGeglu};
  expect_work(observed(t, [&](Context& ctx) { linear(wide, tokens, matrix, geglu, ctx); }),
              {"linear", "10x8>32 geglu", 5, 2.0 * 10 * 8 * 32,
               bytes(10 * 8 + 10 * 16) + static_cast<double>(matrix.weight.bytes())});

  const auto queries = t.output(Shape{2, 5, 8}), keys = t.output(Shape{2, 7, 8});
  expect_work(observed(t, [&](Context& ctx) { attention(queries, queries, keys, keys, {.heads = 2}, ctx); }),
              {"attention", "B2 H2 d4 5x7", 5, 4.0 * 2 * 5 * 8 * 7, bytes(2 * 2 * 5 * 8 + 2 * 2 * 7 * 8)});
}

}  // namespace
}  // namespace ltw
