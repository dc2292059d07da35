// Tensors and weights as the matrix product's arguments.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/weights.h"

namespace ltw::cuda {

// All of GemmArgs that a linear layer and a convolution have in common; the geometry is that of 1x1 images.
GemmArgs gemm_args(const Tensor& dst, const Tensor& src, const PackedWeights& weights,
                   const Epilogue& epilogue);

}  // namespace ltw::cuda
