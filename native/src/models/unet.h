#pragma once

#include <memory>
#include <vector>

#include "layers/resnet_block.h"
#include "layers/transformer_block.h"
#include "models/config.h"

namespace ltw {

// Stable Diffusion 1.x's denoising network (diffusers' UNet2DConditionModel). What does not depend on the
// latent is kept apart, so that it is computed once: the time step's biases of all residual blocks side by
// side, and the keys and values of all cross-attentions side by side. Both are linear in what they come from.
class UNet {
 public:
  UNet(const WeightScope& scope, const UNetConfig& config);

  // Channels of the tensors that time_bias() and text_kv() return.
  int64_t time_bias_channels() const { return time_bias_channels_; }
  int64_t text_kv_channels() const { return text_kv_channels_; }
  // Sinusoidal features of a time step, [block_channels[0]]; computed on the host.
  std::vector<float> time_features(double timestep) const;

  // The products that may take e4m3 weights and inputs: all or none of them. The producers of their inputs
  // write what they read; an upsampling convolution rounds its own.
  std::vector<PackedWeights*> quantisable();

  // features [n, block_channels[0]] -> [n, time_bias_channels]
  ArenaTensor time_bias(const Tensor& features, Context& ctx) const;
  // states [n, tokens, context_size] -> [n, tokens, text_kv_channels]
  ArenaTensor text_kv(const Tensor& states, Context& ctx) const;
  // x [n, h, w, in], time_bias [n, time_bias_channels], text_kv [n, tokens, text_kv_channels] -> [n, h, w,
  // out]
  ArenaTensor operator()(const Tensor& x, const Tensor& time_bias, const Tensor& text_kv, Context& ctx) const;

 private:
  // A residual block, then a transformer where the level has one; with their places in the shared tensors.
  struct Unit {
    ResnetBlock resnet;
    std::unique_ptr<TransformerBlock> transformer;
    int64_t out_channels, time_offset, kv_offset;
  };
  struct Level {
    std::vector<Unit> units;
    std::unique_ptr<Conv2d> resample;  // stride 2 going down, nearest-2x going up; none at the ends
  };
  class Builder;

  ArenaTensor run(const Unit& unit, const Tensor& x, const std::optional<Tensor>& skip,
                  const Tensor& time_bias, const Tensor& text_kv, Context& ctx) const;

  UNetConfig config_;
  Conv2d conv_in_, conv_out_;
  GroupNorm norm_out_;
  Linear time_in_, time_hidden_;
  int64_t time_bias_channels_ = 0, text_kv_channels_ = 0;
  std::vector<Level> down_, up_;
  std::vector<Unit> middle_;
  std::unique_ptr<Linear> time_projections_, text_projections_;
};

}  // namespace ltw
