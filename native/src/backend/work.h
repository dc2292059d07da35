#pragma once

#include <cstdint>
#include <string>

#include "base/tensor.h"

namespace ltw {

// What an op does, for those who measure it.
struct Work {
  const char* op;
  std::string shape;  // the sizes that decide its time, and what is fused
  int64_t positions;  // rows of one sample: its resolution
  double flop;        // 0 where nothing but memory counts
  double bytes;       // what cannot be avoided: every operand once
  // Of a product with weights: where they are, and what they are multiplied by.
  const void* weights = nullptr;
  Tensor input = {};
};

}  // namespace ltw
