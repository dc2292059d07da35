// The autoencoder between pictures and latents (diffusers' AutoencoderKL).
#pragma once

#include <memory>
#include <vector>

#include "layers/attention_block.h"
#include "layers/resnet_block.h"
#include "models/config.h"

namespace ltw {

// Residual blocks of one resolution, then the step to the next.
struct VaeLevel {
  std::vector<ResnetBlock> resnets;
  std::unique_ptr<Conv2d> resample;  // none at the last level
};

struct VaeMiddle {
  ResnetBlock first;
  AttentionBlock attention;
  ResnetBlock second;

  VaeMiddle(const WeightScope& scope, int64_t channels, const GroupNormParams& norm);
  ArenaTensor operator()(const Tensor& x, Context& ctx) const;
};

class VaeDecoder {
 public:
  VaeDecoder(const WeightScope& scope, const VaeConfig& config);
  // z [n, h, w, latent], already divided by the scaling factor -> image [n, 8h, 8w, out], about -1..1
  ArenaTensor operator()(const Tensor& z, Context& ctx) const;

 private:
  Conv2d post_quant_, conv_in_;
  VaeMiddle middle_;
  std::vector<VaeLevel> levels_;
  GroupNorm norm_out_;
  Conv2d conv_out_;
};

class VaeEncoder {
 public:
  VaeEncoder(const WeightScope& scope, const VaeConfig& config);
  // image [n, h, w, in] in -1..1 -> moments [n, h/8, w/8, 2 * latent]: means, then log variances
  ArenaTensor operator()(const Tensor& image, Context& ctx) const;

 private:
  Conv2d conv_in_;
  std::vector<VaeLevel> levels_;
  VaeMiddle middle_;
  GroupNorm norm_out_;
  Conv2d conv_out_, quant_;
};

}  // namespace ltw
