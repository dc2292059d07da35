#include "ops/gemm/gemm_grid.cuh"
#include "ops/gemm/gemm_mma.cuh"

namespace ltw::cuda {

using Tile128x160 = GemmTile<128, 160, 3, 128, 2>;
using Tile128x128 = GemmTile<128, 128, 3, 128, 2>;
using Tile64x64 = GemmTile<64, 64, 4, 128, 3>;

void launch_gemm_mma(const GemmArgs& args, int tile, bool aligned, cudaStream_t stream) {
  const GemmTileShape& shape = gemm_tiles(GemmFamily::kMma)[static_cast<size_t>(tile)];
  if (!aligned) return launch_tiles<Tile64x64>(gemm_mma<Tile64x64, false>, args, shape, stream);
  if (tile == 0) return launch_tiles<Tile128x160>(gemm_mma<Tile128x160, true>, args, shape, stream);
  if (tile == 1) return launch_tiles<Tile128x128>(gemm_mma<Tile128x128, true>, args, shape, stream);
  launch_tiles<Tile64x64>(gemm_mma<Tile64x64, true>, args, shape, stream);
}

}  // namespace ltw::cuda
