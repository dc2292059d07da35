#include "layers/transformer_block.h"

#include "ops/attention.h"

namespace ltw {
namespace {

constexpr double kNormEps = 1e-5;       // of the three layer norms
constexpr double kGroupNormEps = 1e-6;  // of the group norm in front

// A 1x1 convolution in SD 1.x, a linear layer in later models; the same product.
StoredTensor projection(const WeightScope& scope, int64_t channels, bool is_linear) {
  const Shape shape = is_linear ? Shape{channels, channels} : Shape{channels, channels, 1, 1};
  return scope.find("weight", shape).reshaped(Shape{channels, channels});
}

Linear proj_in(const WeightScope& scope, int64_t channels, bool is_linear) {
  return Linear({projection(scope, channels, is_linear)}, {scope.find("bias", Shape{channels})},
                scope.packer());
}

Linear proj_out(const WeightScope& scope, int64_t channels, bool is_linear) {
  return Linear({projection(scope, channels, is_linear)}, std::vector<StoredTensor>{}, scope.packer());
}

// The feed-forward layer's second half and proj_out in one: with the stream s that the former is added to,
// proj_out(s + W h + b) = proj_out s + (proj_out W) h + (proj_out b + its bias).
Linear feed_out(const WeightScope& feed, const WeightScope& proj, int64_t channels, bool is_linear) {
  const StoredTensor outer = projection(proj, channels, is_linear);
  Linear both(outer, feed.find("weight", Shape{channels, 4 * channels}),
              affine(outer, feed.find("bias", Shape{channels}), proj.find("bias", Shape{channels})),
              feed.packer());
  both.weights.name = feed.name();
  return both;
}

}  // namespace

TransformerBlock::TransformerBlock(const WeightScope& scope, int64_t channels, int64_t heads,
                                   int64_t norm_groups, bool linear_projection)
    : channels_(channels),
      heads_(heads),
      norm_(scope.at("norm"), channels, {.groups = norm_groups, .eps = kGroupNormEps}),
      proj_in_(proj_in(scope.at("proj_in"), channels, linear_projection)),
      proj_out_(proj_out(scope.at("proj_out"), channels, linear_projection)),
      norm1_(scope.at("transformer_blocks.0.norm1"), channels, kNormEps),
      norm2_(scope.at("transformer_blocks.0.norm2"), channels, kNormEps),
      norm3_(scope.at("transformer_blocks.0.norm3"), channels, kNormEps),
      self_qkv_({scope.at("transformer_blocks.0.attn1.to_q"), scope.at("transformer_blocks.0.attn1.to_k"),
                 scope.at("transformer_blocks.0.attn1.to_v")},
                channels, {channels, channels, channels}, Bias::kNo),
      self_out_(scope.at("transformer_blocks.0.attn1.to_out.0"), channels, channels),
      cross_q_(scope.at("transformer_blocks.0.attn2.to_q"), channels, channels, Bias::kNo),
      cross_out_(scope.at("transformer_blocks.0.attn2.to_out.0"), channels, channels),
      feed_in_(scope.at("transformer_blocks.0.ff.net.0.proj"), channels, 8 * channels),
      feed_out_(feed_out(scope.at("transformer_blocks.0.ff.net.2"), scope.at("proj_out"), channels,
                         linear_projection)) {}

ArenaTensor TransformerBlock::operator()(const Tensor& x, const Tensor& text_keys, const Tensor& text_values,
                                         Context& ctx) const {
  const Shape tokens{x.shape[0], x.shape[1] * x.shape[2], channels_};
  ArenaTensor h = proj_in_(norm_(x, ctx), {}, ctx);
  const Tensor stream = h.tensor().reshaped(tokens);  // the residual stream, updated in place

  {
    const ArenaTensor qkv = self_qkv_(norm1_(stream, ctx, &self_qkv_.weights), {}, ctx);
    const Tensor q = qkv.tensor().channel_slice(0, channels_);
    const Tensor k = qkv.tensor().channel_slice(channels_, channels_);
    const Tensor v = qkv.tensor().channel_slice(2 * channels_, channels_);
    const ArenaTensor mixed = input_of(&self_out_.weights, tokens, ctx);
    attention(mixed, q, k, v, {.heads = heads_}, ctx);
    linear(stream, mixed, self_out_.weights, {.residual = stream}, ctx);
  }
  {
    const ArenaTensor q = cross_q_(norm2_(stream, ctx, &cross_q_.weights), {}, ctx);
    const ArenaTensor mixed = input_of(&cross_out_.weights, tokens, ctx);
    attention(mixed, q, text_keys, text_values, {.heads = heads_}, ctx);
    linear(stream, mixed, cross_out_.weights, {.residual = stream}, ctx);
  }
  const ArenaTensor wide = feed_in_(norm3_(stream, ctx, &feed_in_.weights),
                                    {.activation = Activation::kGeglu}, ctx, &feed_out_.weights);
  ArenaTensor out = ctx.tensor(x.shape);
  linear(out, wide, feed_out_.weights, {.residual = x, .terms = {{stream, &proj_out_.weights}}}, ctx);
  return out;
}

std::vector<PackedWeights*> TransformerBlock::quantisable() {
  std::vector<PackedWeights*> all{&self_qkv_.weights, &cross_q_.weights, &feed_in_.weights,
                                  &feed_out_.weights};
  if (leaves_e4m3(channels_ / heads_)) {
    all.push_back(&self_out_.weights);
    all.push_back(&cross_out_.weights);
  }
  return all;
}

}  // namespace ltw
