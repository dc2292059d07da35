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
};

// Converted to float32, rows one behind the other. Throws Error(kNotFinite) naming a tensor that holds NaN or
// infinity.
std::vector<float> to_floats(const StoredTensor& stored);

[[noreturn]] void fail_not_finite(const std::string& name);

}  // namespace ltw
