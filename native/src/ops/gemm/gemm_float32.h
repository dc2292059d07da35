#pragma once

#include "ops/gemm/gemm.h"

namespace ltw::cuda {

// The same product where src, sample_bias, residual and dst of `args` point to float32; the weights are
// float16 as packed. Every sum has the same order whatever the number of rows.
void launch_gemm_float32(const GemmArgs& args, const CudaBackend& backend);

}  // namespace ltw::cuda
