#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace ltw {

// A tensor as a checkpoint stores it: in host memory, float32, float16 or bfloat16, in torch's order.
struct StoredTensor {
  std::string name;  // for messages
  Tensor tensor;
  std::shared_ptr<const void> owner = nullptr;  // of memory that is not the caller's

  StoredTensor reshaped(const Shape& shape) const { return {name, tensor.reshaped(shape), owner}; }
  StoredTensor channel_slice(int64_t begin, int64_t count) const {
    return {name, tensor.channel_slice(begin, count), owner};
  }
};

// Converted to float32, rows one behind the other. Throws Error(kNotFinite) naming a tensor that holds NaN or
// infinity.
std::vector<float> to_floats(const StoredTensor& stored);
// Of several, one behind the other.
std::vector<float> to_floats(const std::vector<StoredTensor>& parts);

// In float32; of equal shapes.
StoredTensor sum(const StoredTensor& a, const StoredTensor& b);
// matrix [out, in] * x [in] + b [out], in float32.
StoredTensor affine(const StoredTensor& matrix, const StoredTensor& x, const StoredTensor& b);

[[noreturn]] void fail_not_finite(const std::string& name);

}  // namespace ltw
