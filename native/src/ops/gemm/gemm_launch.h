// Between gemm_launch_cuda.cpp, which chooses, and the files that hold the kernels.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/gemm/gemm_tiles.h"

namespace ltw::cuda {

// `tile` is an index into gemm_tiles() of the kernel. `aligned`: src is made of whole 16-byte pieces.
void launch_gemm_mma(const GemmArgs& args, int tile, bool aligned, cudaStream_t stream);
void launch_gemm_wgmma(const GemmArgs& args, int tile,
                       cudaStream_t stream);  // compute capability 9.0, aligned

}  // namespace ltw::cuda
