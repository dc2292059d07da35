#pragma once

#include <optional>

#include "layers/layers.h"

namespace ltw {

// out = shortcut(x) + conv2(silu(norm2(conv1(silu(norm1(x))) + time_bias))) (diffusers' ResnetBlock2D)
class ResnetBlock {
 public:
  // `skip_channels` of the `in` input channels come from a second tensor; 0 for none.
  ResnetBlock(const WeightScope& scope, int64_t in, int64_t skip_channels, int64_t out,
              const GroupNormParams& norm);

  // x [n, h, w, in - skip_channels], skip [n, h, w, skip_channels], time_bias [n, out] -> [n, h, w, out]
  ArenaTensor operator()(const Tensor& x, const std::optional<Tensor>& skip,
                         const std::optional<Tensor>& time_bias, Context& ctx) const;

  // The products whose input is a norm's output.
  std::vector<PackedWeights*> quantisable() { return {&conv1_.weights, &conv2_.weights}; }

 private:
  GroupNorm norm1_, norm2_;
  Conv2d conv1_, conv2_;
  // The 1x1 shortcut as one term of conv2's sums for each of the two inputs, so that they are never
  // concatenated.
  std::vector<Linear> shortcut_;
};

}  // namespace ltw
