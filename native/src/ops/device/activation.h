#pragma once

#include "ops/epilogue.h"

namespace ltw::cuda {

// One instruction, 2 units in the last place; exp2f() adds three for results below 2^-126.
__device__ inline float exp2_approximate(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// One instruction, 1 unit in the last place; a division takes eight.
__device__ inline float reciprocal_approximate(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ inline float sigmoid(float x) {
  return reciprocal_approximate(1.0f + exp2_approximate(-1.44269504f * x));
}

__device__ inline float silu(float x) { return x * sigmoid(x); }

// x * Phi(x) = max(x, 0) - |x| Q(|x|), the tail Q after Abramowitz and Stegun 7.1.26: within 4e-7 of the
// exact value. erff() takes three times as many instructions, which GEGLU would feel.
__device__ inline float gelu(float x) {
  const float a = fabsf(x);
  const float t = reciprocal_approximate(fmaf(a, 0.23164189f, 1.0f));
  float tail = fmaf(t, 0.53070271f, -0.72657601f);
  tail = fmaf(t, tail, 0.71070687f);
  tail = fmaf(t, tail, -0.14224837f);
  tail = t * fmaf(t, tail, 0.12741480f);
  return fmaxf(x, 0.0f) - a * tail * exp2_approximate(x * x * -0.72134752f);
}

// The same for an output that keeps four digits: within 5e-4 + |x| 2^-12 of the exact value. One instruction
// of the unit for exponentials instead of two, half the others. Times `factor`, of 1 or what the output is
// multiplied by anyway.
__device__ inline float gelu_approximate(float x, float factor) {
  float t;
  asm("tanh.approx.f32 %0, %1;" : "=f"(t) : "f"(x * fmaf(x * x, 0.03567741f, 0.79788456f)));
  const float half = 0.5f * factor * x;
  return fmaf(half, t, half);
}

__device__ inline float quick_gelu(float x) { return x * sigmoid(1.702f * x); }

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
