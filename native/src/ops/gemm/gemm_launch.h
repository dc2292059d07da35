// Between gemm_launch_cuda.cpp, which chooses, and the files that hold the kernels.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/gemm/gemm_tiles.h"

namespace ltw::cuda {

// `tile` is an index into gemm_tiles() of the family.
// `aligned`: src is made of whole 16-byte pieces.
void launch_gemm_mma(const GemmArgs& args, int tile, bool aligned, cudaStream_t stream);
// Compute capability 9.0 and fits_tma(args); `size` is what `tile` was chosen for.
void launch_gemm_tma(const GemmArgs& args, const GemmSize& size, int tile, const CudaBackend& device);

}  // namespace ltw::cuda
