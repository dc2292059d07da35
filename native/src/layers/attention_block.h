#pragma once

#include "layers/layers.h"

namespace ltw {

// Single-headed self-attention over the pixels with a group norm in front, added to its input (the VAE's).
class AttentionBlock {
 public:
  AttentionBlock(const WeightScope& scope, int64_t channels, const GroupNormParams& norm);

  // x [n, h, w, c] -> [n, h, w, c]
  ArenaTensor operator()(const Tensor& x, Context& ctx) const;

 private:
  int64_t channels_;
  GroupNorm norm_;
  Linear qkv_, out_;
};

}  // namespace ltw
