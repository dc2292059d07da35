// Values as e4m3: 4 bits of exponent, 3 of mantissa, at most 448; beyond that they saturate.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ops/device/vec.h"

namespace ltw::cuda {

// Two floats, rounded to nearest, the first in the low byte. Compute capability 8.9.
__device__ inline uint32_t pack_e4m3(float low, float high) {
  uint16_t pair = 0;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(high), "f"(low));
#else
  __trap();
#endif
  return pair;
}

// Element `at` of dst and the next; of an e4m3 dst where `inverse`, 1 / its scale, is above 0.
template <typename T, int kWidth>
__device__ inline void store_at(T* dst, int64_t at, const float (&x)[kWidth], float inverse) {
  if constexpr (std::is_same_v<T, __half> && kWidth == 8) {
    if (inverse > 0) {
      uint32_t pairs[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) pairs[i] = pack_e4m3(x[2 * i] * inverse, x[2 * i + 1] * inverse);
      *reinterpret_cast<uint2*>(reinterpret_cast<uint8_t*>(dst) + at) = {pairs[0] | pairs[1] << 16,
                                                                         pairs[2] | pairs[3] << 16};
      return;
    }
  }
  store(dst + at, x);
}

}  // namespace ltw::cuda
