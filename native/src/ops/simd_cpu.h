// Transcendental functions as straight-line code that the compiler vectorises inside `omp simd` loops.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace ltw::cpu {

// e^x to a relative error below 1.2e-7 for |x| <= 87; beyond that the argument is clamped. NaN stays NaN.
inline float exp_approx(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f;
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
  constexpr float kRound = 12582912.0f;
  const float clamped = std::min(std::max(x, -87.0f), 87.0f);
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

inline float silu(float x) { return x / (1.0f + exp_approx(-x)); }

// x * Phi(x). erfc by Abramowitz and Stegun 7.1.26, absolute error 1.5e-7; taken of |x| so that the left tail
// does not cancel.
inline float gelu(float x) {
  const float z = std::fabs(x) * 0.70710678f;
  const float t = 1.0f / std::fma(0.3275911f, z, 1.0f);
  float p = 1.061405429f;
  p = std::fma(p, t, -1.453152027f);
  p = std::fma(p, t, 1.421413741f);
  p = std::fma(p, t, -0.284496736f);
  p = std::fma(p, t, 0.254829592f);
  const float half_erfc = 0.5f * p * t * exp_approx(-z * z);
  return x * (x < 0.0f ? half_erfc : 1.0f - half_erfc);
}

}  // namespace ltw::cpu
