// float16, [out][ky][kx][in], the input channels padded with zeros to 16 bytes: the order in which the matrix
// product walks its depth.
#include <immintrin.h>

#include "ops/gemm/gemm.h"
#include "ops/weights.h"

namespace ltw::cuda {

PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend) {
  const int64_t taps = kernel * kernel, packed = packed_channels(in_channels);
  std::vector<uint16_t> halves(static_cast<size_t>(out_channels * taps * packed), 0);
  for (int64_t o = 0; o < out_channels; ++o) {
    for (int64_t i = 0; i < in_channels; ++i) {
      const float* from = weight.data() + (o * in_channels + i) * taps;
      uint16_t* to = halves.data() + o * taps * packed + i;
      for (int64_t tap = 0; tap < taps; ++tap) {
        to[tap * packed] = static_cast<uint16_t>(_cvtss_sh(from[tap], _MM_FROUND_TO_NEAREST_INT));
      }
    }
  }
  PackedWeights weights;
  weights.in_channels = in_channels;
  weights.out_channels = out_channels;
  weights.kernel = kernel;
  const int64_t bytes = static_cast<int64_t>(halves.size() * sizeof(uint16_t));
  weights.weight = backend.allocate(bytes);
  backend.upload(weights.weight.data(), halves.data(), bytes);
  if (!bias.empty()) {
    weights.has_bias = true;
    weights.bias = OwnedTensor(backend, Shape{out_channels}, DType::kF32);
    backend.upload(weights.bias.tensor().data, bias.data(), weights.bias.tensor().bytes());
  }
  return weights;
}

PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend) {
  return cuda::pack_conv2d(weight, bias, out_channels, in_channels, 1, backend);
}

}  // namespace ltw::cuda
