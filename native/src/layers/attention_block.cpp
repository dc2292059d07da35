#include "layers/attention_block.h"

#include "ops/attention.h"

namespace ltw {

AttentionBlock::AttentionBlock(const WeightScope& scope, int64_t channels, const GroupNormParams& norm)
    : channels_(channels),
      norm_(scope.at("group_norm"), channels, norm),
      qkv_({scope.at("to_q"), scope.at("to_k"), scope.at("to_v")}, channels, {channels, channels, channels},
           Bias::kYes),
      out_(scope.at("to_out.0"), channels, channels) {}

ArenaTensor AttentionBlock::operator()(const Tensor& x, Context& ctx) const {
  const Shape tokens{x.shape[0], x.shape[1] * x.shape[2], 3 * channels_};
  const ArenaTensor projected = qkv_(norm_(x, ctx), {}, ctx);
  const Tensor qkv = projected.tensor().reshaped(tokens);
  const ArenaTensor mixed = ctx.tensor(tokens.with(2, channels_));
  attention(mixed, qkv.channel_slice(0, channels_), qkv.channel_slice(channels_, channels_),
            qkv.channel_slice(2 * channels_, channels_), {.heads = 1}, ctx);
  ArenaTensor out = ctx.tensor(x.shape);
  linear(out, mixed.tensor().reshaped(x.shape), out_.weights, {.residual = x}, ctx);
  return out;
}

}  // namespace ltw
