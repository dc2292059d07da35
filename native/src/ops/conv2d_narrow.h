#pragma once

#include "ops/gemm/gemm.h"

namespace ltw::cuda {

// Whether launch_conv2d_narrow computes the convolution: a matter of the layer, never of the batch.
bool fits_conv2d_narrow(const GemmArgs& args);

// 3x3 convolutions into 3 or 4 channels, which the networks end with.
void launch_conv2d_narrow(const GemmArgs& args, cudaStream_t stream);

}  // namespace ltw::cuda
