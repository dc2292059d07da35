#include "models/clip_text.h"

#include "ops/attention.h"
#include "ops/elementwise.h"

namespace ltw {
ClipText::Layer::Layer(const WeightScope& scope, const TextConfig& config)
    : norm1(scope.at("layer_norm1"), config.hidden_size, config.norm_eps),
      norm2(scope.at("layer_norm2"), config.hidden_size, config.norm_eps),
      qkv({scope.at("self_attn.q_proj"), scope.at("self_attn.k_proj"), scope.at("self_attn.v_proj")},
          config.hidden_size, {config.hidden_size, config.hidden_size, config.hidden_size}, Bias::kYes),
      out(scope.at("self_attn.out_proj"), config.hidden_size, config.hidden_size),
      feed_in(scope.at("mlp.fc1"), config.hidden_size, config.intermediate_size),
      feed_out(scope.at("mlp.fc2"), config.intermediate_size, config.hidden_size) {}

ClipText::ClipText(const WeightScope& scope, const TextConfig& config)
    : config_(config),
      token_table_(scope.packer().table(
          scope.find("embeddings.token_embedding.weight", Shape{config.vocab_size, config.hidden_size}))),
      position_table_(scope.packer().table(
          scope.find("embeddings.position_embedding.weight", Shape{config.positions, config.hidden_size}))),
      final_norm_(scope.at("final_layer_norm"), config.hidden_size, config.norm_eps) {
  for (int64_t i = 0; i < config.layers; ++i) layers_.emplace_back(scope.at("encoder.layers.", i), config);
}

ArenaTensor ClipText::operator()(const Tensor& ids, int64_t clip_skip, Context& ctx) const {
  require(clip_skip >= 1 && clip_skip <= config_.layers, "clip_skip: ", clip_skip, " is not in 1..",
          config_.layers);
  const int64_t width = config_.hidden_size;
  const ArenaTensor embedded = ctx.tensor(Shape{ids.shape[0], ids.shape[1], width});
  const Tensor& stream = embedded;  // the residual stream, updated in place
  embed_tokens(stream, ids, token_table_, position_table_, ctx);

  for (int64_t i = 0; i + clip_skip <= config_.layers; ++i) {
    const Layer& layer = layers_[i];
    {
      const ArenaTensor qkv = layer.qkv(layer.norm1(stream, ctx), {}, ctx);
      const ArenaTensor mixed = ctx.tensor(stream.shape);
      attention(mixed, qkv.tensor().channel_slice(0, width), qkv.tensor().channel_slice(width, width),
                qkv.tensor().channel_slice(2 * width, width), {.heads = config_.heads, .causal = true}, ctx);
      linear(stream, mixed, layer.out.weights, {.residual = stream}, ctx);
    }
    {
      const ArenaTensor wide =
          layer.feed_in(layer.norm2(stream, ctx), {.activation = config_.activation}, ctx);
      linear(stream, wide, layer.feed_out.weights, {.residual = stream}, ctx);
    }
  }
  return final_norm_(stream, ctx);
}

}  // namespace ltw
