#include "ops/gemm/gemm_tiles.h"

#include <algorithm>

#include "base/divide_up.h"
#include "base/error.h"

namespace ltw {
namespace {

constexpr int kDepthStep = 64;
// Clusters of 1, 2, 3... blocks, one block a multiprocessor, that an H100 runs at once.
constexpr int kClusters[] = {132, 66, 39, 30, 22, 17, 15, 15};

// Tiles of the busiest multiprocessor.
int64_t most_tiles(const GemmTileShape& tile, const GemmSize& size, int multiprocessors) {
  const int64_t rows = divide_up(size.rows, tile.rows), columns = divide_up(size.columns, tile.columns);
  if (tile.schedule == GemmSchedule::kSpread) return divide_up(rows * columns, kClusters[size.parts - 1]);
  if (tile.schedule == GemmSchedule::kResident) return divide_up(rows, multiprocessors / columns);
  return divide_up(rows * columns, multiprocessors);
}

bool in_boxes(const GemmTileShape& tile) {
  return tile.schedule == GemmSchedule::kRows || tile.schedule == GemmSchedule::kResident;
}

// What a tall tile's finish asks for (gemm_tall.cuh).
bool is_even(const GemmTileShape& tile, const GemmSize& size) {
  const bool tall = tile.schedule == GemmSchedule::kWalk && tile.rows > 128;
  return !tall || (size.columns % piece_columns(tile.columns) == 0 && size.even_bias);
}

// Microseconds until the busiest multiprocessor is done.
double estimate(const GemmTileShape& tile, const GemmSize& size, int multiprocessors) {
  constexpr double kAround = 1.8;  // until the last tile is stored, or the first one has weights that stay
  const int64_t tiles = most_tiles(tile, size, multiprocessors);
  const int64_t steps =
      tile.schedule == GemmSchedule::kSpread ? divide_up(size.steps, size.parts) : size.steps;
  const double step = tiles == 1 ? tile.lone_step : tile.shared_step;
  return static_cast<double>(tiles) * (static_cast<double>(steps) * step + tile.ends) +
         (in_boxes(tile) ? kAround : 0);
}

// Whether a tile can be stored while the next one is multiplied: the last one takes longer so (a UNet of 2
// all in boxes: 4.57 ms instead of 4.43).
bool overlaps(const GemmTileShape& tile, const GemmSize& size, int multiprocessors) {
  if (tile.schedule == GemmSchedule::kResident && (!size.plain_rows || size.steps > kResidentSteps ||
                                                   divide_up(size.columns, tile.columns) > multiprocessors)) {
    return false;
  }
  // A tall tile's second rows wait until the first are stored, and only then for their residual: 220 us
  // instead of 202 (131072x1280>320).
  if (tile.schedule == GemmSchedule::kRows && tile.rows > 128 && size.residual) return false;
  return size.in_boxes && most_tiles(tile, size, multiprocessors) > 1;
}

std::string name(const GemmTileShape& tile) {
  return text(tile.rows, "x", tile.columns,
              tile.schedule == GemmSchedule::kSpread     ? " spread"
              : tile.schedule == GemmSchedule::kRows     ? " in boxes"
              : tile.schedule == GemmSchedule::kResident ? " resident"
                                                         : "");
}

}  // namespace

bool GemmTileShape::computes(const GemmSize& size, int multiprocessors) const {
  if (in_boxes(*this) && !overlaps(*this, size, multiprocessors)) return false;
  if (!is_even(*this, size)) return false;
  const bool parts_fit = schedule == GemmSchedule::kSpread ? size.parts > 1 : parts || size.parts == 1;
  return parts_fit && std::find(finishes.begin(), finishes.end(), size.finish) != finishes.end();
}

int gemm_shared_bytes(GemmFamily family, const GemmTileShape& tile) {
  constexpr int kGroups = 2, kBarriers = 16, kWindow = 16,
                kPieces = 8 * 16 * 144;  // gemm_source.cuh; _ring.cuh
  const int end = in_boxes(tile) ? kGroups * boxes_bytes(tile.columns) : kPieces;
  if (tile.schedule == GemmSchedule::kResident) {  // gemm_resident.cuh
    return (kResidentSteps * tile.columns + tile.stages * tile.rows) * kDepthStep * 2 + end +
           8 * (1 + kGroups) + kGroups * tile.stages * kBarriers;
  }
  const int ring = tile.stages * (tile.rows + tile.columns) * kDepthStep * 2;
  return ring + (family == GemmFamily::kMma ? tile.rows * kWindow : end + tile.stages * kBarriers);
}

// 160 columns: every width of the SD1.5 UNet (320, 640, 1280...) is a multiple, and 320 is none of 128.
const std::vector<GemmTileShape>& gemm_tiles(GemmFamily family) {
  using enum GemmSchedule;
  using enum GemmFinish;
  static const std::vector<GemmTileShape> mma{
      {kBlocks, 128, 160, 3, 2, 0.85, 1.20, 4.4, {kPlain, kActivated, kGated}, true},
      {kBlocks, 128, 128, 3, 2, 0.72, 1.05, 4.6, {kPlain, kActivated, kGated}, true},
      {kBlocks, 64, 64, 4, 3, 0.33, 0.62, 1.5, {kPlain, kActivated, kGated}, true}};
  static const std::vector<GemmTileShape> tma{
      {kWalk, 256, 128, 4, 1, 0.76, 0.75, 3.6, {kPlain}, false},
      {kWalk, 128, 160, 5, 1, 0.48, 0.42, 2.5, {kPlain, kGated}, true},
      {kWalk, 128, 128, 6, 1, 0.40, 0.35, 2.2, {kPlain}, false},
      {kWalk, 128, 80, 7, 1, 0.37, 0.32, 1.5, {kPlain, kActivated}, false},
      {kSpread, 128, 160, 5, 1, 0.53, 0.42, 8.0, {kPlain}, true},
      {kRows, 256, 160, 3, 1, 0.91, 0.91, 2.0, {kPlain}, false},
      {kRows, 128, 160, 5, 1, 0.525, 0.525, 0.5, {kPlain, kGated}, false},
      {kResident, 128, 160, 5, 1, 0.35, 0.35, 1.3, {kPlain, kGated}, false}};
  static const std::vector<GemmTileShape> e4m3{
      {kWalk, 128, 160, 5, 1, 0.46, 0.31, 4.8, {kPlain, kGated}, false},
      {kRows, 128, 160, 5, 1, 0.50, 0.50, 1.5, {kPlain, kGated}, false},
      {kResident, 128, 160, 5, 1, 0.35, 0.35, 1.7, {kPlain, kGated}, false},
      {kWalk, 128, 128, 6, 1, 0.42, 0.30, 1.2, {kPlain}, false},
      {kWalk, 128, 80, 7, 1, 0.36, 0.24, 1.6, {kPlain}, false},
      {kWalk, 256, 160, 4, 1, 0.815, 0.80, 10.5, {kPlain}, false},
      {kWalk, 256, 128, 4, 1, 0.655, 0.65, 7.5, {kPlain}, false}};
  switch (family) {
    case GemmFamily::kMma:
      return mma;
    case GemmFamily::kTma:
      return tma;
    default:
      return e4m3;
  }
}

int gemm_parts(int64_t sample_rows, int64_t columns, int64_t steps) {
  // Measured: two parts, or any of 80 steps, gain no more than smaller tiles do; and the sum of the parts
  // takes as long as some 20 steps.
  constexpr int kSamples = 2, kFewest = 3, kLeastSteps = 22, kLeastDepth = 90;
  const int64_t tiles = divide_up(kSamples * sample_rows, 128) * divide_up(columns, 160);
  int parts = 1;
  if (steps < kLeastDepth) return parts;
  for (int n = kFewest; n <= static_cast<int>(std::size(kClusters)) && steps >= n * kLeastSteps; ++n) {
    if (tiles <= kClusters[n - 1]) parts = n;
  }
  return parts;
}

GemmTileChoice choose_gemm_tile(GemmFamily family, const GemmSize& size, int multiprocessors,
                                int shared_limit) {
  const std::vector<GemmTileShape>& tiles = gemm_tiles(family);
  const auto fits = [&](const GemmTileShape& tile) {
    return gemm_shared_bytes(family, tile) <= shared_limit;
  };
  const auto cost_of = [&](const GemmTileShape& tile) { return estimate(tile, size, multiprocessors); };
  size_t best = tiles.size();
  for (size_t i = 0; i < tiles.size(); ++i) {
    if (!fits(tiles[i]) || !tiles[i].computes(size, multiprocessors)) continue;
    if (best == tiles.size() || cost_of(tiles[i]) < cost_of(tiles[best])) best = i;
  }
  ensure(best < tiles.size(), "no tile fits ", shared_limit, " bytes of shared memory");
  const auto reason = [&](const GemmTileShape& tile) {
    if (!fits(tile)) {
      return text(name(tile), " needs ", gemm_shared_bytes(family, tile),
                  " bytes of shared memory, a block has ", shared_limit);
    }
    if (in_boxes(tile) && !overlaps(tile, size, multiprocessors)) {
      return text(name(tile), " has no next one to multiply while one is stored");
    }
    if (!is_even(tile, size)) {
      return text(name(tile), " is for multiples of ", piece_columns(tile.columns),
                  " columns, and of 128 pixels where samples have a bias of their own");
    }
    if (!tile.computes(size, multiprocessors)) {
      return text(name(tile), " has no kernel for ", size.parts, size.parts == 1 ? " part" : " parts",
                  size.finish == GemmFinish::kPlain   ? ""
                  : size.finish == GemmFinish::kGated ? " with GEGLU"
                                                      : " with an activation");
    }
    return text(name(tile), " would take ", cost_of(tile) / cost_of(tiles[best]), " times as long as ",
                name(tiles[best]));
  };
  GemmTileChoice choice{static_cast<int>(best), {}};
  for (size_t i = 0; i < tiles.size(); ++i) {
    if (i != best) choice.rejected.push_back(reason(tiles[i]));
  }
  return choice;
}

}  // namespace ltw
