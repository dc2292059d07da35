// Transcendental functions as straight-line code that the compiler vectorises inside `omp simd` loops.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

// Compiles a function for AVX-512 too; the loader picks it when the machine has it.
#define LTW_WIDE __attribute__((target_clones("arch=x86-64-v4", "default")))

namespace ltw::cpu {

// e^x for x <= 0, to a relative error below 1.2e-7 down to -87, where it stays. NaN stays NaN. One-sided,
// because the vectoriser makes a single maximum of one bound and a chain of blends of two.
[[gnu::always_inline]] inline float exp_of_negative(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f;
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
  constexpr float kRound = 12582912.0f;
  const float clamped = -87.0f > x ? -87.0f : x;
  const float shifted = std::fma(clamped, kLog2E, kRound);
  const float n = shifted - kRound;
  const float r = std::fma(n, -kLn2Low, std::fma(n, -kLn2High, clamped));
  float p = 1.0f / 5040;  // Taylor: the next term is below 6e-9 for |r| <= ln2 / 2
  p = std::fma(p, r, 1.0f / 720);
  p = std::fma(p, r, 1.0f / 120);
  p = std::fma(p, r, 1.0f / 24);
  p = std::fma(p, r, 1.0f / 6);
  p = std::fma(p, r, 0.5f);
  p = std::fma(p, r, 1.0f);
  p = std::fma(p, r, 1.0f);
  const uint32_t power = (std::bit_cast<uint32_t>(shifted) + 127u) << 23;
  return p * std::bit_cast<float>(power);
}

// Both activations are max(x, 0) - |x| * tail, the tail being the sigmoid or Phi at -|x|. Written so, neither
// side cancels, and without a branch, which would keep the loop scalar: 8 times slower.
[[gnu::always_inline]] inline float rectified_less(float x, float magnitude, float tail) {
  return std::fma(-magnitude, tail, 0.5f * (x + magnitude));
}

// x * sigmoid(x)
[[gnu::always_inline]] inline float silu(float x) {
  const float magnitude = std::fabs(x), e = exp_of_negative(-magnitude);
  return rectified_less(x, magnitude, e / (1.0f + e));
}

// x * Phi(x); erfc by Abramowitz and Stegun 7.1.26, absolute error 1.5e-7.
[[gnu::always_inline]] inline float gelu(float x) {
  const float magnitude = std::fabs(x), z = magnitude * 0.70710678f;
  const float t = 1.0f / std::fma(0.3275911f, z, 1.0f);
  float p = 1.061405429f;
  p = std::fma(p, t, -1.453152027f);
  p = std::fma(p, t, 1.421413741f);
  p = std::fma(p, t, -0.284496736f);
  p = std::fma(p, t, 0.254829592f);
  return rectified_less(x, magnitude, 0.5f * p * t * exp_of_negative(-z * z));
}

// Orders floats as integers, for maxima: the vectoriser leaves a float maximum scalar because of NaN.
[[gnu::always_inline]] inline int32_t ordered(float x) {
  const auto bits = std::bit_cast<int32_t>(x);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
inline float from_ordered(int32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff)); }

}  // namespace ltw::cpu
