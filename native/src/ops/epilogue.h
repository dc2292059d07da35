// What a convolution or a linear layer does to its accumulators before it stores them.
#pragma once

#include <optional>
#include <vector>

#include "base/tensor.h"
#include "ops/weights.h"

namespace ltw {

enum class Activation {
  kNone,
  kSilu,       // x * sigmoid(x)
  kGelu,       // x * Phi(x), exact
  kQuickGelu,  // x * sigmoid(1.702 x)
  kGeglu,      // first half of the channels times gelu of the second half; the output has half the channels
};

constexpr const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return "";
    case Activation::kSilu:
      return " silu";
    case Activation::kGelu:
      return " gelu";
    case Activation::kQuickGelu:
      return " quick_gelu";
    case Activation::kGeglu:
      return " geglu";
  }
  return "";
}

// A linear layer without bias, over as many rows as the output has.
struct LinearTerm {
  Tensor src;  // [..., in]
  const PackedWeights* weights;
};

// out = activation(product + bias + sample_bias) + residual + terms; without an activation where there are
// terms. Equals linear() for each term, added to one another, and then the product with their sum as
// residual.
struct Epilogue {
  Activation activation = Activation::kNone;
  std::optional<Tensor> sample_bias =
      std::nullopt;                               // [n, out_channels]: one bias per sample; convolutions only
  std::optional<Tensor> residual = std::nullopt;  // shape of the output; may be the output itself
  std::vector<LinearTerm> terms = {};             // not from the output's memory
};

// " geglu", " residual"...: what is fused, for the texts of Work.
inline std::ostream& operator<<(std::ostream& out, const Epilogue& epilogue) {
  out << name_of(epilogue.activation) << (epilogue.sample_bias ? " sample_bias" : "")
      << (epilogue.residual ? " residual" : "");
  for (const LinearTerm& term : epilogue.terms) out << " +" << term.src.channels();
  return out;
}

// Bytes of the output and of what is added to it.
inline int64_t written_and_added(const Tensor& dst, const Epilogue& epilogue) {
  int64_t bytes = dst.bytes() + (epilogue.residual ? epilogue.residual->bytes() : 0) +
                  (epilogue.sample_bias ? epilogue.sample_bias->bytes() : 0);
  for (const LinearTerm& term : epilogue.terms) bytes += term.src.bytes() + term.weights->weight.bytes();
  return bytes;
}

// Input channels of the terms together.
inline int64_t term_channels(const Epilogue& epilogue) {
  int64_t channels = 0;
  for (const LinearTerm& term : epilogue.terms) channels += term.src.channels();
  return channels;
}

}  // namespace ltw
