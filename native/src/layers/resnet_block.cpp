#include "layers/resnet_block.h"

namespace ltw {
namespace {

std::vector<Linear> shortcut(const WeightScope& scope, int64_t in, int64_t skip_channels, int64_t out) {
  std::vector<Linear> parts;
  if (in == out) return parts;
  const WeightScope conv = scope.at("conv_shortcut");
  const StoredTensor weight = conv.find("weight", Shape{out, in, 1, 1}).reshaped(Shape{out, in});
  const int64_t own = in - skip_channels;
  parts.emplace_back(std::vector{weight.channel_slice(0, own)}, std::vector{conv.find("bias", Shape{out})},
                     scope.packer());
  if (skip_channels > 0) {
    parts.emplace_back(std::vector{weight.channel_slice(own, skip_channels)}, std::vector<StoredTensor>{},
                       scope.packer());
  }
  return parts;
}

GroupNormParams with_silu(GroupNormParams params) {
  params.silu = true;
  return params;
}

}  // namespace

ResnetBlock::ResnetBlock(const WeightScope& scope, int64_t in, int64_t skip_channels, int64_t out,
                         const GroupNormParams& norm)
    : norm1_(scope.at("norm1"), in, with_silu(norm)),
      norm2_(scope.at("norm2"), out, with_silu(norm)),
      conv1_(scope.at("conv1"), in, out, 3),
      conv2_(scope.at("conv2"), out, out, 3),
      shortcut_(shortcut(scope, in, skip_channels, out)) {}

ArenaTensor ResnetBlock::operator()(const Tensor& x, const std::optional<Tensor>& skip,
                                    const std::optional<Tensor>& time_bias, Context& ctx) const {
  ArenaTensor h = norm1_(x, skip, ctx, &conv1_.weights);
  h = conv1_(h, {.sample_bias = time_bias}, ctx);
  h = norm2_(h, ctx, &conv2_.weights);
  if (shortcut_.empty()) {
    return conv2_(h, {.residual = x}, ctx);
  }
  ArenaTensor out = shortcut_[0](x, {}, ctx);
  if (skip) linear(out, *skip, shortcut_[1].weights, {.residual = out.tensor()}, ctx);
  conv2d(out, h, conv2_.weights, conv2_.params, {.residual = out.tensor()}, ctx);
  return out;
}

}  // namespace ltw
