#include <bit>
#include <cmath>
#include <numbers>

#include "ops/philox.h"
#include "ops/torch_normal.h"

namespace ltw::cpu {
namespace {

// To float32 as the GPU's multiplication rounds before its sine: towards zero. The argument is a product of
// two floats and so exact.
double truncate_to_float(double value) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(value) & ~((uint64_t{1} << 29) - 1));
}

// The sine instruction of NVIDIA's GPUs but for the approximation of its table: the angle in turns as 25 bits
// of fixed point, odd quadrants folded by inverting them. Inferred from the reference vectors: values lie
// within 6e-7 of them, with an exact sine within 1.5e-6.
double gpu_sine(float angle) {
  const double turns = truncate_to_float(static_cast<double>(angle) * 0.15915494f);
  const uint32_t fixed = static_cast<uint32_t>(turns * 0x1p25);
  const uint32_t folded = fixed >> 23 & 1;
  return std::sin(2 * std::numbers::pi * 0x1p-25 * (fixed + folded));
}

}  // namespace

float torch_normal_at(uint64_t seed, uint64_t draw, int64_t index) {
  const PhiloxWords bits = torch_bits(seed, draw, index);
  const float u = std::fma(static_cast<float>(bits.at[0]), kInverse2Pow32, kInverse2Pow32 / 2);
  const float v = std::fma(static_cast<float>(bits.at[1]), kTurnInverse2Pow32, kTurnInverse2Pow32 / 2);
  return static_cast<float>(std::sqrt(-2 * std::log(static_cast<double>(u))) * gpu_sine(v));
}

void torch_normal(const Tensor& dst, uint64_t seed, uint64_t draw, Context& ctx) {
  ctx.submit([=] {
    const int64_t channels = dst.channels(), pixels = dst.shape[1] * dst.shape[2];
#pragma omp parallel for
    for (int64_t row = 0; row < dst.rows(); ++row) {
      for (int64_t channel = 0; channel < channels; ++channel) {
        const int64_t index = (row / pixels * channels + channel) * pixels + row % pixels;
        dst.f32()[row * channels + channel] = torch_normal_at(seed, draw, index);
      }
    }
  });
}

}  // namespace ltw::cpu
