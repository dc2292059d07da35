#include "ops/gemm/gemm_tiles.h"

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

constexpr int kHopper = 132, kHopperShared = 227 << 10;  // H100 SXM
constexpr int kAdaShared = 99 << 10;
constexpr GemmKernel kKernels[] = {GemmKernel::kMma, GemmKernel::kWgmma};

int columns_of(GemmKernel kernel, int64_t rows, int64_t columns, int64_t depth) {
  const int tile = choose_gemm_tile(kernel, {rows, columns, depth}, kHopper, kHopperShared).tile;
  return gemm_tiles(kernel)[static_cast<size_t>(tile)].columns;
}

LTW_TEST(gemm_tiles_follow_the_width) {
  for (const GemmKernel kernel : kKernels) {
    expect(columns_of(kernel, 32 * 4096, 320, 2880) == 160, "UNet widths are multiples of 160");
    expect(columns_of(kernel, 32 * 256, 1280, 11520) == 160, "UNet widths are multiples of 160");
    expect(columns_of(kernel, 8 * 512 * 512, 128, 1152) == 128, "VAE widths are multiples of 128");
    expect(columns_of(kernel, 8 * 128 * 128, 512, 4608) == 128, "VAE widths are multiples of 128");
    expect(columns_of(kernel, 8 * 512 * 512, 3, 1152) < 128, "3 columns fill no wide tile");
  }
}

LTW_TEST(gemm_tiles_shrink_for_small_batches) {
  for (const GemmKernel kernel : kKernels) {
    expect(columns_of(kernel, 2 * 64, 1280, 11520) < 128, "8 large tiles leave 124 multiprocessors idle");
    expect(columns_of(kernel, 77, 768, 768) < 128, "one prompt is less than one large row of tiles");
  }
}

// The best of all tiles as measured on an H100.
LTW_TEST(gemm_tiles_agree_with_measurements) {
  struct Case {
    GemmSize size;
    int rows, columns;
  };
  for (const Case& c : {Case{{32 * 4096, 320, 2880}, 256, 160}, Case{{32 * 256, 1280, 23040}, 256, 160},
                        Case{{32 * 64, 1280, 11520}, 128, 160}, Case{{2 * 4096, 320, 2880}, 128, 160},
                        Case{{2 * 256, 1280, 11520}, 64, 80}, Case{{512 * 512, 128, 1152}, 256, 128},
                        Case{{32 * 4096, 4, 2880}, 64, 80}, Case{{32 * 4096, 960, 320}, 128, 160},
                        Case{{32 * 1024, 5120, 640}, 128, 160}, Case{{8192, 8192, 8192}, 256, 160}}) {
    const int tile = choose_gemm_tile(GemmKernel::kWgmma, c.size, kHopper, kHopperShared).tile;
    const GemmTileShape& shape = gemm_tiles(GemmKernel::kWgmma)[static_cast<size_t>(tile)];
    expect(shape.rows == c.rows && shape.columns == c.columns, c.size.rows, "x", c.size.columns, "x",
           c.size.depth, " in tiles of ", shape.rows, "x", shape.columns);
  }
}

LTW_TEST(gemm_tiles_give_one_reason_per_rejected_tile) {
  const GemmTileChoice choice = choose_gemm_tile(GemmKernel::kMma, {1 << 17, 320, 320}, kHopper, kAdaShared);
  expect(choice.rejected.size() == gemm_tiles(GemmKernel::kMma).size() - 1, choice.rejected.size(),
         " reasons");
  expect(choice.rejected[0].find("shared memory") != std::string::npos, choice.rejected[0]);
}

LTW_TEST(gemm_tiles_share_a_multiprocessor) {
  for (const GemmKernel kernel : kKernels) {
    for (const GemmTileShape& shape : gemm_tiles(kernel)) {
      // 1 KiB of each block is the system's.
      expect(shape.blocks_per_multiprocessor * (shape.shared_bytes() + 1024) <= 228 << 10, shape.rows, "x",
             shape.columns, " does not fit ", shape.blocks_per_multiprocessor, " times");
    }
  }
}

}  // namespace
}  // namespace ltw
