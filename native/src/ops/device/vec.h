// kWidth float16 values moved as one access and seen as floats; 8 of them are 16 bytes.
#pragma once

#include <cuda_fp16.h>

namespace ltw::cuda {

template <int kWidth>
struct alignas(2 * kWidth) Halves {
  __half values[kWidth];
};

template <int kWidth>
__device__ inline void load(float (&out)[kWidth], const __half* from) {
  const Halves<kWidth> halves = *reinterpret_cast<const Halves<kWidth>*>(from);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) out[i] = __half2float(halves.values[i]);
}

template <int kWidth>
__device__ inline void store(__half* to, const float (&values)[kWidth]) {
  Halves<kWidth> halves;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) halves.values[i] = __float2half_rn(values[i]);
  *reinterpret_cast<Halves<kWidth>*>(to) = halves;
}

}  // namespace ltw::cuda
