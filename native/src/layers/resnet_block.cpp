#include "layers/resnet_block.h"

namespace ltw {
namespace {

// Its bias is added to conv2's.
std::vector<Linear> shortcut(const WeightScope& scope, int64_t in, int64_t skip_channels, int64_t out) {
  std::vector<Linear> parts;
  if (in == out) return parts;
  const StoredTensor weight =
      scope.find("conv_shortcut.weight", Shape{out, in, 1, 1}).reshaped(Shape{out, in});
  const auto add = [&](int64_t begin, int64_t count) {
    parts.emplace_back(std::vector{weight.channel_slice(begin, count)}, std::vector<StoredTensor>{},
                       scope.packer());
  };
  add(0, in - skip_channels);
  if (skip_channels > 0) add(in - skip_channels, skip_channels);
  return parts;
}

Conv2d conv2(const WeightScope& scope, int64_t in, int64_t out) {
  StoredTensor bias = scope.find("conv2.bias", Shape{out});
  if (in != out) bias = sum(bias, scope.find("conv_shortcut.bias", Shape{out}));
  Conv2d conv(scope.find("conv2.weight", Shape{out, out, 3, 3}), bias, scope.packer());
  conv.weights.name = scope.name() + ".conv2";
  return conv;
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
      conv2_(conv2(scope, in, out)),
      shortcut_(shortcut(scope, in, skip_channels, out)) {}

ArenaTensor ResnetBlock::operator()(const Tensor& x, const std::optional<Tensor>& skip,
                                    const std::optional<Tensor>& time_bias, Context& ctx) const {
  ArenaTensor h = norm1_(x, skip, ctx, &conv1_.weights);
  h = conv1_(h, {.sample_bias = time_bias}, ctx);
  h = norm2_(h, ctx, &conv2_.weights);
  if (shortcut_.empty()) return conv2_(h, {.residual = x}, ctx);
  std::vector<LinearTerm> terms{{x, &shortcut_[0].weights}};
  if (skip) terms.push_back({*skip, &shortcut_[1].weights});
  return conv2_(h, {.terms = terms}, ctx);
}

}  // namespace ltw
