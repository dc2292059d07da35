#include "sampling/noise.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "ops/torch_normal.h"

namespace ltw {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;
// torch's CPU generator makes long draws in blocks of so many.
constexpr size_t kBlock = 16;

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

void NoiseSource::draw(const Tensor& latent, Context& ctx) {
  ensure(on_device(), "torch's CPU generator draws on the host");
  torch_normal(latent, seed_, draws_++, ctx);
}

void NoiseSource::draw_cuda(std::span<float> values) {
  const int64_t size = static_cast<int64_t>(values.size());
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < size; ++i) values[i] = cpu::torch_normal_at(seed_, draws_, i);
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
