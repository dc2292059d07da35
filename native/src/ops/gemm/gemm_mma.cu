#include "ops/gemm/gemm_mma.cuh"
#include "ops/gemm/gemm_tiles.h"

namespace ltw::cuda {
namespace {

using Tile128x160 = MmaTile<128, 160, 3, 2>;
using Tile128x128 = MmaTile<128, 128, 3, 2>;
using Tile64x64 = MmaTile<64, 64, 4, 3>;

template <class Tile, bool kAligned>
void launch(const GemmArgs& args, const GemmTileShape& shape, cudaStream_t stream) {
  ensure(shape.rows == Tile::kRows && shape.columns == Tile::kColumns && shape.stages == Tile::kStages,
         "the tile table and the kernels differ");
  const int row_tiles = (args.rows + Tile::kRows - 1) / Tile::kRows;
  const int column_tiles = (args.columns + Tile::kColumns - 1) / Tile::kColumns;
  const auto kernel = gemm_mma<Tile, kAligned>;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shape.shared_bytes()),
        "gemm_mma");
  kernel<<<row_tiles * column_tiles, Tile::kThreads, shape.shared_bytes(), stream>>>(args);
  check_launch("gemm_mma");
}

}  // namespace

void launch_gemm(const GemmArgs& args, const CudaBackend& backend) {
  const bool aligned =
      args.channels % 8 == 0 && args.src_stride % 8 == 0 && reinterpret_cast<uintptr_t>(args.src) % 16 == 0;
  const DeviceLimits& limits = backend.limits();
  const GemmTileName tile = aligned ? choose_gemm_tile(args.rows, args.columns, limits.multiprocessors,
                                                       limits.shared_bytes_per_block)
                                          .tile
                                    : GemmTileName::k64x64;
  const GemmTileShape& shape = gemm_tiles()[static_cast<size_t>(tile)];
  switch (tile) {
    case GemmTileName::k128x160:
      return launch<Tile128x160, true>(args, shape, backend.stream());
    case GemmTileName::k128x128:
      return launch<Tile128x128, true>(args, shape, backend.stream());
    case GemmTileName::k64x64:
      return aligned ? launch<Tile64x64, true>(args, shape, backend.stream())
                     : launch<Tile64x64, false>(args, shape, backend.stream());
  }
}

}  // namespace ltw::cuda
