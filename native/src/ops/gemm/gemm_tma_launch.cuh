// Queues a kernel of the copy engine: what those for float16 and for e4m3 have in common.
#pragma once

#include <algorithm>

#include "base/divide_up.h"
#include "ops/device/launch_order.h"
#include "ops/gemm/gemm_tiles.h"
#include "ops/gemm/gemm_tma_args.h"

namespace ltw::cuda {

// `shape` is the kernel's in the table of `family`; complete(TmaGemm) is what the kernel takes.
template <class Tile, class Gemm, class Complete>
void launch_on_tma(GemmFamily family, const GemmTileShape& shape, void (*kernel)(Gemm), const GemmArgs& args,
                   const GemmSize& size, const CudaBackend& device, const Complete& complete) {
  const int multiprocessors = device.limits().multiprocessors;
  ensure(shape.rows == Tile::kRows && shape.columns == Tile::kColumns && shape.stages == Tile::kStages &&
             gemm_shared_bytes(family, shape) == Tile::kSharedBytes,
         "the tile table and the kernels differ");
  TmaGemm g = tma_gemm(args, Tile::kLoadRows, Tile::kColumns);
  g.steps = static_cast<int>(size.steps);
  g.parts = size.parts;
  const int rows = g.phases * static_cast<int>(divide_up(g.gemm.rows, Tile::kRows));
  const int columns = static_cast<int>(divide_up(args.columns, Tile::kColumns));
  LaunchShape launched;
  int blocks = std::min(rows * columns, multiprocessors);
  if (shape.schedule == GemmSchedule::kResident) blocks = std::min(rows, multiprocessors / columns) * columns;
  if (shape.schedule == GemmSchedule::kSpread) {
    blocks = rows * columns * size.parts;
    launched.cluster = static_cast<unsigned>(size.parts);
  }
  launched.grid = dim3(static_cast<unsigned>(blocks));
  launched.block = dim3(Tile::kThreads);
  launched.shared_bytes = Tile::kSharedBytes;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "gemm");
  launch_early("gemm", kernel, launched, device, complete(g));
}

}  // namespace ltw::cuda
