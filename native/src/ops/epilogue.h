// What a convolution or a linear layer does to its accumulators before it stores them.
#pragma once

#include <optional>

#include "base/tensor.h"

namespace ltw {

enum class Activation {
  kNone,
  kSilu,       // x * sigmoid(x)
  kGelu,       // x * Phi(x), exact
  kQuickGelu,  // x * sigmoid(1.702 x)
  kGeglu,      // first half of the channels times gelu of the second half; the output has half the channels
};

// out = activation(product + bias + sample_bias) + residual
struct Epilogue {
  Activation activation = Activation::kNone;
  std::optional<Tensor> sample_bias =
      std::nullopt;                               // [n, out_channels]: one bias per sample; convolutions only
  std::optional<Tensor> residual = std::nullopt;  // shape of the output; may be the output itself
};

}  // namespace ltw
