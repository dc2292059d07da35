#include "models/unet.h"

#include "layers/random_weights.h"
#include "op_fixture.h"
#include "ops/elementwise.h"

namespace ltw {
namespace {

using test::expect;
using test::OpFixture;
using test::Placed;
using test::Values;

// Random weights, but attention in the middle adds nothing.
class WithoutMiddleAttention final : public WeightSource {
 public:
  StoredTensor find(const std::string& name, const Shape& shape) const override {
    StoredTensor found = RandomSource(3).find(name, shape);
    if (name.find("mid_block.attentions") == std::string::npos || name.find("to_out") == std::string::npos)
      return found;
    const auto zeros = std::make_shared<std::vector<float>>(static_cast<size_t>(shape.size()));
    return {name, Tensor(zeros->data(), DType::kF32, shape), zeros};
  }
};

Values evaluated(OpFixture& t, const std::vector<int64_t>& heads, const Values& values) {
  const UNetConfig config{.in_channels = 4,
                          .out_channels = 4,
                          .layers_per_block = 1,
                          .context_size = 32,
                          .norm_groups = 8,
                          .block_channels = {32, 64},
                          .heads = heads,
                          .down_attention = {true, false},
                          .up_attention = {false, true},
                          .linear_projection = false,
                          .flip_sin_to_cos = true,
                          .norm_eps = 1e-5,
                          .freq_shift = 0};
  const std::unique_ptr<Packer> packer = make_packer(t.backend());
  const WithoutMiddleAttention source;
  const UNet unet(WeightScope(source, *packer, "unet"), config);
  packer->finish();
  const auto upload = [&](const Shape& shape) {
    return t.upload(shape, Values(values.begin(), values.begin() + shape.size()));
  };
  const Placed x = upload(Shape{1, 8, 8, 4}), time_bias = upload(Shape{1, unet.time_bias_channels()});
  const Placed text_kv = upload(Shape{1, 7, unet.text_kv_channels()});
  const Placed out = t.output(Shape{1, 8, 8, 4}, DType::kF32);
  return t.run(out, [&](Context& ctx) { convert(out, unet(x, time_bias, text_kv, ctx), 1.0, ctx); });
}

// Up levels mirror the down levels: with attention in the first alone, the second's heads are nobody's.
LTW_OP_TEST(a_levels_heads_are_its_own) {
  const Values values = t.random(4096);
  const Values expected = evaluated(t, {4, 4}, values);
  test::expect_same_bits(evaluated(t, {4, 8}, values), expected, "other heads of the second level");
  expect(evaluated(t, {2, 4}, values) != expected, "the first level's heads do nothing");
}

}  // namespace
}  // namespace ltw
