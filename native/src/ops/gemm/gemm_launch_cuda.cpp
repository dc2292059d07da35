#include "ops/gemm/gemm_launch.h"

namespace ltw::cuda {

void launch_gemm(const GemmArgs& args, const CudaBackend& backend) {
  const bool aligned =
      args.channels % 8 == 0 && args.src_stride % 8 == 0 && reinterpret_cast<uintptr_t>(args.src) % 16 == 0;
  const DeviceLimits& limits = backend.limits();
  // Sources of 3 or 4 channels are copied value by value, in the smallest tile: their depth is one or two
  // steps.
  if (!aligned) {
    return launch_gemm_mma(args, static_cast<int>(gemm_tiles(GemmKernel::kMma).size()) - 1, false,
                           backend.stream());
  }
  const GemmKernel kernel = limits.capability == 90 ? GemmKernel::kWgmma : GemmKernel::kMma;
  const int tile = choose_gemm_tile(kernel, {args.rows, args.columns, args.depth}, limits.multiprocessors,
                                    limits.shared_bytes_per_block)
                       .tile;
  if (kernel == GemmKernel::kWgmma) return launch_gemm_wgmma(args, tile, backend.stream());
  launch_gemm_mma(args, tile, true, backend.stream());
}

}  // namespace ltw::cuda
