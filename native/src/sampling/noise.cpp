#include "sampling/noise.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "sampling/philox.h"

namespace ltw {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;
// torch's CPU generator makes long draws in blocks of so many.
constexpr size_t kBlock = 16;

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
  return std::sin(kTwoPi * 0x1p-25 * (fixed + folded));
}

// curand's Box-Muller.
float curand_normal(uint32_t x, uint32_t y) {
  constexpr float kInverse = 2.3283064e-10f;  // 2^-32
  constexpr float kInverseTwoPi = kInverse * 6.2831855f;
  const float u = std::fma(static_cast<float>(x), kInverse, kInverse / 2);
  const float v = std::fma(static_cast<float>(y), kInverseTwoPi, kInverseTwoPi / 2);
  return static_cast<float>(std::sqrt(-2 * std::log(static_cast<double>(u))) * gpu_sine(v));
}

// 24 bits, in [0, 1).
float uniform_float(std::mt19937& engine) { return static_cast<float>(engine() & 0xffffff) * 0x1p-24f; }

// 53 bits, in [0, 1).
double uniform_double(std::mt19937& engine) {
  const uint64_t high = engine(), low = engine();
  return static_cast<double>(((high << 32) | low) & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
}

// Uniforms to normals in place: pairs lie half a block apart.
void box_muller(float* block) {
  for (size_t j = 0; j < kBlock / 2; ++j) {
    const float radius = std::sqrt(-2 * std::log(1 - block[j]));
    const float theta = static_cast<float>(kTwoPi) * block[j + kBlock / 2];
    block[j] = radius * std::cos(theta);
    block[j + kBlock / 2] = radius * std::sin(theta);
  }
}

}  // namespace

NoiseSource::NoiseSource(Generator generator, uint64_t seed)
    : generator_(generator), seed_(seed), engine_(static_cast<uint32_t>(seed)) {}

void NoiseSource::draw(std::span<float> values) {
  if (generator_ == Generator::kTorchCuda) {
    draw_cuda(values);
  } else {
    draw_cpu(values);
  }
}

void NoiseSource::draw_cuda(std::span<float> values) {
  const uint32_t draw_low = static_cast<uint32_t>(draws_), draw_high = static_cast<uint32_t>(draws_ >> 32);
  const int64_t size = static_cast<int64_t>(values.size());
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < size; ++i) {
    const auto bits =
        philox({draw_low, draw_high, static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32)}, seed_);
    values[i] = curand_normal(bits[0], bits[1]);
  }
  ++draws_;
}

void NoiseSource::draw_cpu(std::span<float> values) {
  if (values.size() >= kBlock) {
    for (float& value : values) value = uniform_float(engine_);
    for (size_t i = 0; i + kBlock <= values.size(); i += kBlock) box_muller(&values[i]);
    if (values.size() % kBlock != 0) {
      // What is left over is drawn anew together with the values before it.
      const auto tail = values.last(kBlock);
      for (float& value : tail) value = uniform_float(engine_);
      box_muller(tail.data());
    }
    return;
  }
  for (float& value : values) {
    if (!has_spare_) {
      const double angle = kTwoPi * uniform_double(engine_);
      const double radius = std::sqrt(-2 * std::log1p(-uniform_double(engine_)));
      value = static_cast<float>(radius * std::cos(angle));
      spare_ = radius * std::sin(angle);
    } else {
      value = static_cast<float>(spare_);
    }
    has_spare_ = !has_spare_;
  }
}

Slerp slerp(std::span<const float> from, std::span<const float> to, double weight) {
  ensure(from.size() == to.size(), "slerp of noises of different sizes");
  double dot = 0, from_squared = 0, to_squared = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    dot += static_cast<double>(from[i]) * to[i];
    from_squared += static_cast<double>(from[i]) * from[i];
    to_squared += static_cast<double>(to[i]) * to[i];
  }
  const double cosine = dot / std::sqrt(from_squared * to_squared);
  if (!(std::abs(cosine) <= 0.9995)) return {1 - weight, weight};
  const double angle = std::acos(cosine);
  return {std::sin((1 - weight) * angle) / std::sin(angle), std::sin(weight * angle) / std::sin(angle)};
}

}  // namespace ltw
