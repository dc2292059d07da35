#include "ops/gemm/gemm_tiles.h"

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

constexpr int kHopper = 132, kHopperShared = 227 << 10;  // H100 SXM
constexpr int kAdaShared = 99 << 10;

GemmTileName tile(int64_t rows, int64_t columns, int shared = kHopperShared) {
  return choose_gemm_tile(rows, columns, kHopper, shared).tile;
}

LTW_TEST(gemm_tiles_follow_the_width) {
  expect(tile(32 * 4096, 320) == GemmTileName::k128x160, "UNet widths are multiples of 160");
  expect(tile(32 * 256, 1280) == GemmTileName::k128x160, "UNet widths are multiples of 160");
  expect(tile(8 * 512 * 512, 128) == GemmTileName::k128x128, "VAE widths are multiples of 128");
  expect(tile(8 * 128 * 128, 512) == GemmTileName::k128x128, "VAE widths are multiples of 128");
  expect(tile(8 * 512 * 512, 3) == GemmTileName::k64x64, "3 columns fill no wide tile");
}

LTW_TEST(gemm_tiles_shrink_for_small_batches) {
  expect(tile(2 * 64, 1280) == GemmTileName::k64x64, "8 large tiles leave 124 multiprocessors idle");
  expect(tile(77, 768) == GemmTileName::k64x64, "one prompt is less than one large row of tiles");
}

LTW_TEST(gemm_tiles_give_one_reason_per_rejected_tile) {
  const GemmTileChoice choice = choose_gemm_tile(1 << 17, 320, kHopper, kAdaShared);
  expect(choice.rejected.size() == gemm_tiles().size() - 1, choice.rejected.size(), " reasons");
  expect(choice.rejected[0].find("shared memory") != std::string::npos, choice.rejected[0]);
}

LTW_TEST(gemm_tiles_share_a_multiprocessor) {
  for (const GemmTileShape& shape : gemm_tiles()) {
    // 1 KiB of each block is the system's.
    expect(shape.blocks_per_multiprocessor * (shape.shared_bytes() + 1024) <= 228 << 10, shape.rows, "x",
           shape.columns, " does not fit ", shape.blocks_per_multiprocessor, " times");
  }
}

}  // namespace
}  // namespace ltw
