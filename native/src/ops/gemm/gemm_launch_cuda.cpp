#include "ops/gemm/gemm_launch.h"
#include "ops/gemm/gemm_tma_args.h"

namespace ltw::cuda {

void launch_gemm(const GemmArgs& args, const CudaBackend& backend) {
  const DeviceLimits& limits = backend.limits();
  const auto choose = [&](GemmFamily family, const GemmSize& size) {
    return choose_gemm_tile(family, size, limits.multiprocessors, limits.shared_bytes_per_block).tile;
  };
  if (limits.capability == 90 && fits_tma(args)) {
    GemmSize size = tma_size(args);
    if (size.finish == GemmFinish::kPlain)
      size.parts = gemm_parts(args.sample_rows, size.columns, size.steps);
    return launch_gemm_tma(args, size, choose(GemmFamily::kTma, size), backend);
  }
  ensure(args.term_count == 0, "a product whose terms are not made of whole pieces");
  const bool aligned =
      args.channels % 8 == 0 && args.src_stride % 8 == 0 && reinterpret_cast<uintptr_t>(args.src) % 16 == 0;
  // Sources of 3 or 4 channels are copied value by value, in the smallest tile: their depth is one or two
  // steps.
  const int tile = aligned ? choose(GemmFamily::kMma, {args.rows, args.columns, gemm_steps(args.depth)})
                           : static_cast<int>(gemm_tiles(GemmFamily::kMma).size()) - 1;
  launch_gemm_mma(args, tile, aligned, backend.stream());
}

}  // namespace ltw::cuda
