#include "ops/gemm/gemm_tiles.h"

#include <algorithm>

#include "base/error.h"

namespace ltw {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Output elements that the busiest multiprocessor computes, padding included, over the tile's efficiency. A
// lone block does not hide its own latencies: it runs at about 0.7 of the rate of two.
double cost(const GemmTileShape& tile, int64_t rows, int64_t columns, int multiprocessors) {
  const int64_t blocks = divide_up(rows, tile.rows) * divide_up(columns, tile.columns);
  const int64_t busiest = divide_up(blocks, multiprocessors);
  const double rate = busiest == 1 && tile.blocks_per_multiprocessor > 1 ? 0.7 : 1.0;
  return static_cast<double>(busiest * tile.rows * tile.columns) / (tile.efficiency * rate);
}

std::string name(const GemmTileShape& tile) { return text(tile.rows, "x", tile.columns); }

constexpr int kDepthStep = 64, kWindowBytes = 16;

}  // namespace

int GemmTileShape::shared_bytes() const {
  return stages * (rows + columns) * kDepthStep * 2 + rows * kWindowBytes;
}

// 160 columns: every width of the SD1.5 UNet (320, 640, 1280...) is a multiple, and 320 is none of 128.
const std::vector<GemmTileShape>& gemm_tiles(GemmKernel kernel) {
  // Warps of 64x80 read 4608 bytes of shared memory for 40 instructions, of 64x64 4096 for 32, of 32x32 2048
  // for 8.
  static const std::vector<GemmTileShape> mma{
      {128, 160, 3, 128, 2, 1.0}, {128, 128, 3, 128, 2, 0.92}, {64, 64, 4, 128, 3, 0.6}};
  // 64 rows of 160 columns read 7 KiB of shared memory in 80 cycles, of 128 6 KiB in 64, of 80 4.5 KiB in 40.
  static const std::vector<GemmTileShape> wgmma{
      {128, 160, 3, 256, 2, 1.0}, {128, 128, 3, 256, 2, 0.92}, {64, 80, 4, 128, 3, 0.6}};
  return kernel == GemmKernel::kMma ? mma : wgmma;
}

GemmTileChoice choose_gemm_tile(GemmKernel kernel, int64_t rows, int64_t columns, int multiprocessors,
                                int shared_bytes) {
  const std::vector<GemmTileShape>& tiles = gemm_tiles(kernel);
  const auto fits = [&](const GemmTileShape& tile) { return tile.shared_bytes() <= shared_bytes; };
  const auto cost_of = [&](const GemmTileShape& tile) { return cost(tile, rows, columns, multiprocessors); };
  size_t best = tiles.size();
  for (size_t i = 0; i < tiles.size(); ++i) {
    if (fits(tiles[i]) && (best == tiles.size() || cost_of(tiles[i]) < cost_of(tiles[best]))) best = i;
  }
  ensure(best < tiles.size(), "no tile fits ", shared_bytes, " bytes of shared memory");
  GemmTileChoice choice{static_cast<int>(best), {}};
  for (size_t i = 0; i < tiles.size(); ++i) {
    if (i == best) continue;
    choice.rejected.push_back(fits(tiles[i]) ? text(name(tiles[i]), " would take ",
                                                    cost_of(tiles[i]) / cost_of(tiles[best]),
                                                    " times as long as ", name(tiles[best]))
                                             : text(name(tiles[i]), " needs ", tiles[i].shared_bytes(),
                                                    " bytes of shared memory, a block has ", shared_bytes));
  }
  return choice;
}

}  // namespace ltw
