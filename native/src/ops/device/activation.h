#pragma once

#include "ops/epilogue.h"

namespace ltw::cuda {

// One instruction, 2 units in the last place; exp2f() adds three for results below 2^-126.
__device__ inline float exp2_approximate(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ inline float silu(float x) { return x / (1.0f + __expf(-x)); }
__device__ inline float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }
__device__ inline float quick_gelu(float x) { return x / (1.0f + __expf(-1.702f * x)); }

// Everything but GEGLU, which needs two values.
__device__ inline float activated(float x, Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return silu(x);
    case Activation::kGelu:
      return gelu(x);
    case Activation::kQuickGelu:
      return quick_gelu(x);
    default:
      return x;
  }
}

}  // namespace ltw::cuda
