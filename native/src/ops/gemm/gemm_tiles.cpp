#include "ops/gemm/gemm_tiles.h"

#include <algorithm>

#include "base/error.h"

namespace ltw {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr int kDepthStep = 64, kWindowBytes = 16;

// Estimated cycles until the busiest multiprocessor is done. A step of a block takes the longer of its
// products and its copies out of the L2 cache; measured on an H100: 7 TB/s in all, 31 bytes a cycle for each
// of 132 multiprocessors, and 7000 cycles a block for its first copies and its epilogue.
double cycles(GemmKernel kernel, const GemmTileShape& tile, const GemmSize& size, int multiprocessors) {
  const int64_t blocks = divide_up(size.rows, tile.rows) * divide_up(size.columns, tile.columns);
  const int64_t busiest = divide_up(blocks, multiprocessors);
  const double resident = static_cast<double>(std::min<int64_t>(busiest, tile.blocks_per_multiprocessor));
  const double steps = static_cast<double>(divide_up(size.depth, kDepthStep));
  const double rate = kernel == GemmKernel::kWgmma ? 1900 : 1000;  // multiply-adds a cycle
  const double products = tile.rows * tile.columns * kDepthStep / rate;
  const double share =
      static_cast<double>(multiprocessors) / static_cast<double>(std::min<int64_t>(blocks, multiprocessors));
  const double copies = (tile.rows + tile.columns) * kDepthStep * 2 / std::min(60.0, 31 * share);
  const double latency = 1400 / (resident * (tile.stages - 1));
  const double ends = 7000 * (resident > 1 ? 0.7 : 1.0);
  return static_cast<double>(busiest) * (steps * std::max({products, copies, latency}) + ends);
}

std::string name(const GemmTileShape& tile) { return text(tile.rows, "x", tile.columns); }

}  // namespace

int GemmTileShape::shared_bytes() const {
  return stages * (rows + columns) * kDepthStep * 2 + rows * kWindowBytes;
}

// 160 columns: every width of the SD1.5 UNet (320, 640, 1280...) is a multiple, and 320 is none of 128.
const std::vector<GemmTileShape>& gemm_tiles(GemmKernel kernel) {
  static const std::vector<GemmTileShape> mma{
      {128, 160, 3, 128, 2}, {128, 128, 3, 128, 2}, {64, 64, 4, 128, 3}};
  static const std::vector<GemmTileShape> wgmma{{256, 160, 4, 512, 1}, {256, 128, 4, 512, 1},
                                                {128, 160, 3, 256, 2}, {128, 128, 3, 256, 2},
                                                {128, 160, 6, 256, 1}, {64, 80, 5, 128, 2}};
  return kernel == GemmKernel::kMma ? mma : wgmma;
}

GemmTileChoice choose_gemm_tile(GemmKernel kernel, const GemmSize& size, int multiprocessors,
                                int shared_bytes) {
  const std::vector<GemmTileShape>& tiles = gemm_tiles(kernel);
  const auto fits = [&](const GemmTileShape& tile) { return tile.shared_bytes() <= shared_bytes; };
  const auto cost_of = [&](const GemmTileShape& tile) { return cycles(kernel, tile, size, multiprocessors); };
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
