// Normally distributed inputs and weights.
#pragma once

#include "ops/weights.h"

namespace ltw::bench {

// Deviation 1, in the activation type.
OwnedTensor random_tensor(const Shape& shape, Backend& backend);
// Of a convolution, or with kernel 1 of a linear layer; deviation 1 / sqrt(inputs), and biases.
PackedWeights random_weights(int64_t out, int64_t in, int64_t kernel, Backend& backend,
                             bool upsample = false);
NormWeights random_norm(int64_t channels, Backend& backend);

}  // namespace ltw::bench
