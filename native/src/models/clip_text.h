#pragma once

#include <vector>

#include "layers/layers.h"
#include "models/config.h"

namespace ltw {

// CLIP's text transformer (Radford et al. 2021): pre-norm layers with causal attention.
class ClipText {
 public:
  ClipText(const WeightScope& scope, const TextConfig& config);

  // ids [n, positions] int32 -> states [n, positions, hidden_size] after the final norm. clip_skip 1 takes
  // the last layer's output, 2 the one before, ...
  ArenaTensor operator()(const Tensor& ids, int64_t clip_skip, Context& ctx) const;

 private:
  struct Layer {
    LayerNorm norm1, norm2;
    Linear qkv, out, feed_in, feed_out;
    Layer(const WeightScope& scope, const TextConfig& config);
  };

  TextConfig config_;
  OwnedTensor token_table_;     // [vocab_size, hidden_size]
  OwnedTensor position_table_;  // [positions, hidden_size]
  std::vector<Layer> layers_;
  LayerNorm final_norm_;
};

}  // namespace ltw
