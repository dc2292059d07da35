#pragma once

#include "layers/layers.h"

namespace ltw {

// A spatial transformer with one block (diffusers' Transformer2DModel): self-attention over the pixels,
// cross-attention to the text, GEGLU feed-forward, each added to its input.
class TransformerBlock {
 public:
  TransformerBlock(const WeightScope& scope, int64_t channels, int64_t heads, int64_t norm_groups,
                   bool linear_projection);

  // x [n, h, w, c]; keys and values of the text, [n, tokens, c] each -> [n, h, w, c]
  ArenaTensor operator()(const Tensor& x, const Tensor& text_keys, const Tensor& text_values,
                         Context& ctx) const;

  // The products whose input is the output of a layer norm, GEGLU or attention. (proj_in's, a group norm's,
  // costs more likeness than time: docs/design/fp8.md.)
  std::vector<PackedWeights*> quantisable();

 private:
  int64_t channels_, heads_;
  GroupNorm norm_;
  Linear proj_in_, proj_out_;
  LayerNorm norm1_, norm2_, norm3_;
  Linear self_qkv_, self_out_;
  Linear cross_q_, cross_out_;
  Linear feed_in_, feed_out_;
};

}  // namespace ltw
