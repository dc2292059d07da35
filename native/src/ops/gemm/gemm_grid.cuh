#pragma once

#include "ops/gemm/gemm_block.cuh"
#include "ops/gemm/gemm_launch.h"

namespace ltw::cuda {

// One block a tile.
template <class Tile>
void launch_tiles(void (*kernel)(GemmArgs), const GemmArgs& args, const GemmTileShape& shape,
                  cudaStream_t stream) {
  ensure(shape.rows == Tile::kRows && shape.columns == Tile::kColumns && shape.stages == Tile::kStages,
         "the tile table and the kernels differ");
  const int row_tiles = (args.rows + Tile::kRows - 1) / Tile::kRows;
  const int column_tiles = (args.columns + Tile::kColumns - 1) / Tile::kColumns;
  const int shared_bytes = gemm_shared_bytes(GemmFamily::kMma, shape);
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes), "gemm");
  kernel<<<row_tiles * column_tiles, Tile::kThreads, shared_bytes, stream>>>(args);
  check_launch("gemm");
}

}  // namespace ltw::cuda
