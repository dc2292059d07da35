#pragma once

#include "layers/weight_scope.h"

namespace ltw {

// Weights for measuring without a file: a value follows from the seed, the tensor's name and its index alone,
// on every device. Activations stay finite and of order 1: products have variance 1 / fan-in, norms scale by
// about 1, biases are small.
class RandomSource final : public WeightSource {
 public:
  explicit RandomSource(uint64_t seed) : seed_(seed) {}
  // float16, whatever the name.
  StoredTensor find(const std::string& name, const Shape& shape) const override;

 private:
  uint64_t seed_;
};

}  // namespace ltw
