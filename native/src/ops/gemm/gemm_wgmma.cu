#include "ops/gemm/gemm_grid.cuh"
#include "ops/gemm/gemm_wgmma.cuh"

namespace ltw::cuda {

using Tile256x160 = GemmTile<256, 160, 4, 512, 1>;
using Tile256x128 = GemmTile<256, 128, 4, 512, 1>;
using Tile128x160 = GemmTile<128, 160, 3, 256, 2>;
using Tile128x128 = GemmTile<128, 128, 3, 256, 2>;
using Tile64x80 = GemmTile<64, 80, 5, 128, 2>;

void launch_gemm_wgmma(const GemmArgs& args, int tile, cudaStream_t stream) {
  const GemmTileShape& shape = gemm_tiles(GemmKernel::kWgmma)[static_cast<size_t>(tile)];
  if (tile == 0) return launch_tiles<Tile256x160>(gemm_wgmma<Tile256x160>, args, shape, stream);
  if (tile == 1) return launch_tiles<Tile256x128>(gemm_wgmma<Tile256x128>, args, shape, stream);
  if (tile == 2) return launch_tiles<Tile128x160>(gemm_wgmma<Tile128x160>, args, shape, stream);
  if (tile == 3) return launch_tiles<Tile128x128>(gemm_wgmma<Tile128x128>, args, shape, stream);
  launch_tiles<Tile64x80>(gemm_wgmma<Tile64x80>, args, shape, stream);
}

}  // namespace ltw::cuda
