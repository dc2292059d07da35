#include "ops/gemm/gemm_tiles.h"

#include <algorithm>

#include "base/error.h"

namespace ltw {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr int kDepthStep = 64, kWindowBytes = 16;

// Microseconds until the busiest multiprocessor is done.
double estimate(const GemmTileShape& tile, const GemmSize& size, int multiprocessors) {
  const int64_t blocks = divide_up(size.rows, tile.rows) * divide_up(size.columns, tile.columns);
  const int64_t busiest = divide_up(blocks, multiprocessors);
  const double step = busiest == 1 ? tile.lone_step : tile.shared_step;
  return static_cast<double>(busiest) *
         (static_cast<double>(divide_up(size.depth, kDepthStep)) * step + tile.ends);
}

std::string name(const GemmTileShape& tile) { return text(tile.rows, "x", tile.columns); }

}  // namespace

int GemmTileShape::shared_bytes() const {
  return stages * (rows + columns) * kDepthStep * 2 + rows * kWindowBytes;
}

// 160 columns: every width of the SD1.5 UNet (320, 640, 1280...) is a multiple, and 320 is none of 128.
const std::vector<GemmTileShape>& gemm_tiles(GemmKernel kernel) {
  static const std::vector<GemmTileShape> mma{{128, 160, 3, 128, 2, 0.85, 1.20, 4.4},
                                              {128, 128, 3, 128, 2, 0.72, 1.05, 4.6},
                                              {64, 64, 4, 128, 3, 0.33, 0.62, 1.5}};
  static const std::vector<GemmTileShape> wgmma{{256, 160, 4, 512, 1, 1.20, 1.20, 8.8},
                                                {256, 128, 4, 512, 1, 1.09, 1.05, 7.0},
                                                {128, 160, 3, 256, 2, 0.65, 0.71, 3.2},
                                                {128, 128, 3, 256, 2, 0.57, 0.63, 4.1},
                                                {64, 80, 5, 128, 2, 0.273, 0.33, 1.5}};
  return kernel == GemmKernel::kMma ? mma : wgmma;
}

GemmTileChoice choose_gemm_tile(GemmKernel kernel, const GemmSize& size, int multiprocessors,
                                int shared_bytes) {
  const std::vector<GemmTileShape>& tiles = gemm_tiles(kernel);
  const auto fits = [&](const GemmTileShape& tile) { return tile.shared_bytes() <= shared_bytes; };
  const auto cost_of = [&](const GemmTileShape& tile) { return estimate(tile, size, multiprocessors); };
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
