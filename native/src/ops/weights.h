// Weights as ops hold them: in device memory, in the layout that the backend's kernels read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "ops/stored_tensor.h"

namespace ltw {

// Weights of a convolution or a linear layer. `layout` is the backend's own note of how they were packed.
struct PackedWeights {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 1;  // height and width of the window
  Buffer weight;
  // Of a convolution over an image seen at twice its size, where the device's kernels want them: windows of
  // 2x2 source pixels, one for each of the four pixels that a source pixel becomes. Beside `weight` because
  // these are rounded sums, not good enough for float32.
  Buffer upsampled;
  OwnedTensor bias;  // [out_channels] float32; empty when there is none
  bool has_bias = false;
  std::shared_ptr<const void> layout;
  // Above 0 after quantise(): the weights are e4m3, [out][ky][kx][in], and so is the input, of this scale.
  // Where there are `upsampled` ones it is those, and `weight` is empty.
  float input_scale = 0;
  OwnedTensor product_scale;  // [out_channels] float32: the scale of a channel's weights times the input's
  std::string name;           // of the layer, where it has one

  bool quantised() const { return input_scale > 0; }
};

// Brings stored tensors to the device, in the layouts that the backend's kernels read. The tensors' memory
// may go when a call returns; what it returns may be used after finish().
class Packer {
 public:
  virtual ~Packer() = default;

  // weight: [out, in, kernel, kernel]; bias: [out], or null; upsample: of a 3x3 convolution, whether it is
  // used with Conv2dParams::upsample.
  virtual PackedWeights conv2d(const StoredTensor& weight, const StoredTensor* bias, bool upsample) = 0;
  // weight: parts [out, in], whose outputs come one after the other; bias: parts [out], or none. For
  // Activation::kGeglu the first half of the rows is the value, the second half the gate.
  virtual PackedWeights linear(const std::vector<StoredTensor>& weight,
                               const std::vector<StoredTensor>& bias) = 0;
  // Two layers without anything between them as one: outer [out, mid] * inner [mid, in], multiplied in
  // float32; bias: [out], or null.
  virtual PackedWeights linear_product(const StoredTensor& outer, const StoredTensor& inner,
                                       const StoredTensor* bias) = 0;
  // In float32.
  virtual OwnedTensor vector(const StoredTensor& stored) = 0;
  // In the backend's activation type.
  virtual OwnedTensor table(const StoredTensor& stored) = 0;
  // Throws Error(kNotFinite) naming a tensor that holds NaN or infinity, or that does in the backend's type.
  virtual void finish() = 0;
};

std::unique_ptr<Packer> make_packer(Backend& backend);

// From values in memory, for tests and benchmarks. weight: [out, in, kernel, kernel]; bias: [out] or empty.
PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend,
                          bool upsample = false);
PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend);

namespace cpu {
decltype(ltw::make_packer) make_packer;
}

namespace cuda {
decltype(ltw::make_packer) make_packer;
}

// Scale and shift of a norm, [channels] float32 each.
struct NormWeights {
  OwnedTensor gamma, beta;
};

}  // namespace ltw
