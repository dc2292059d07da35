// Weights as ops hold them: in device memory, in the layout that the backend's kernels read.
#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"

namespace ltw {

// Weights of a convolution or a linear layer. `layout` is the backend's own note of how they were packed.
struct PackedWeights {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 1;  // height and width of the window
  Buffer weight;
  OwnedTensor bias;  // [out_channels] float32; empty when there is none
  bool has_bias = false;
  std::shared_ptr<const void> layout;
};

// weight: [out, in, kernel, kernel]; bias: [out] or empty.
PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend);
// weight: [out, in]; bias: [out] or empty. For Activation::kGeglu the first half of the rows is the value,
// the second half the gate.
PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend);

namespace cpu {
PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend);
PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend);
}  // namespace cpu

namespace cuda {
PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend);
PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend);
}  // namespace cuda

// Scale and shift of a norm, [channels] float32 each.
struct NormWeights {
  OwnedTensor gamma, beta;
};

}  // namespace ltw
