#include "layers/random_weights.h"

#include <immintrin.h>

#include <cmath>

namespace ltw {
namespace {

// The finalizer of splitmix64 (Steele et al. 2014): what makes a generator of a counter.
uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// FNV-1a.
uint64_t hash(const std::string& name) {
  uint64_t value = 0xcbf29ce484222325;
  for (const unsigned char letter : name) value = (value ^ letter) * 0x100000001b3;
  return value;
}

// Uniform in centre - spread .. centre + spread.
struct Range {
  double centre, spread;
};

Range range_of(const std::string& name, const Shape& shape) {
  constexpr double kSmall = 0.05;
  // Vectors are biases or the scales of norms.
  if (shape.rank() == 1) return {name.ends_with(".weight") ? 1.0 : 0.0, kSmall};
  const double fan_in = static_cast<double>(shape.size() / shape[0]);
  return {0, std::sqrt(3 / fan_in)};
}

}  // namespace

StoredTensor RandomSource::find(const std::string& name, const Shape& shape) const {
  const Range range = range_of(name, shape);
  const uint64_t key = mixed(seed_ ^ hash(name));
  const float centre = static_cast<float>(range.centre), scale = static_cast<float>(range.spread * 0x1p-23);
  const int64_t size = shape.size();
  const std::shared_ptr<uint16_t[]> halves(new uint16_t[static_cast<size_t>(size)]);
  uint16_t* values = halves.get();
#pragma omp parallel for
  for (int64_t i = 0; i < size; ++i) {
    const int32_t bits = static_cast<int32_t>(mixed(key + static_cast<uint64_t>(i)) >> 40) - (1 << 23);
    values[i] = static_cast<uint16_t>(
        _cvtss_sh(centre + scale * static_cast<float>(bits), _MM_FROUND_TO_NEAREST_INT));
  }
  return {name, Tensor(values, DType::kF16, shape), halves};
}

}  // namespace ltw
