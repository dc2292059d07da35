#include "ops/gemm/gemm_tiles.h"

#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

constexpr int kHopper = 132, kHopperShared = 227 << 10;  // H100 SXM
constexpr int kAdaShared = 99 << 10;
constexpr GemmFamily kFamilies[] = {GemmFamily::kMma, GemmFamily::kTma, GemmFamily::kE4M3};

const GemmTileShape& chosen(GemmFamily family, const GemmSize& size) {
  return gemm_tiles(family)[static_cast<size_t>(choose_gemm_tile(family, size, kHopper, kHopperShared).tile)];
}

LTW_TEST(gemm_tiles_follow_the_width) {
  for (const GemmFamily family : kFamilies) {
    const auto columns_of = [&](const GemmSize& size) { return chosen(family, size).columns; };
    expect(columns_of({32 * 4096, 320, 45}) == 160, "UNet widths are multiples of 160");
    expect(columns_of({32 * 256, 1280, 180}) == 160, "UNet widths are multiples of 160");
    expect(columns_of({8 * 512 * 512, 128, 18}) == 128, "VAE widths are multiples of 128");
    expect(columns_of({8 * 128 * 128, 512, 72}) == 128, "VAE widths are multiples of 128");
    expect(columns_of({8 * 512 * 512, 8, 18}) < 128, "8 columns fill no wide tile");
  }
}

LTW_TEST(gemm_tiles_shrink_for_small_batches) {
  for (const GemmFamily family : kFamilies) {
    expect(chosen(family, {2 * 64, 1280, 20}).columns < 128, "8 large tiles leave 124 multiprocessors idle");
    expect(chosen(family, {77, 768, 12}).columns < 128, "one prompt is less than one large row of tiles");
  }
}

// The best of all tiles as measured on an H100.
LTW_TEST(gemm_tiles_agree_with_measurements) {
  struct Case {
    GemmSize size;
    int rows, columns;
    GemmSchedule schedule = GemmSchedule::kWalk;
  };
  constexpr GemmFinish kPlain = GemmFinish::kPlain;
  for (const Case& c :
       {Case{{32 * 4096, 320, 45}, 128, 160},
        Case{{32 * 256, 1280, 360, 3}, 128, 160},
        Case{{32 * 64, 1280, 180, 8}, 128, 160},
        Case{{2 * 4096, 320, 45}, 128, 160},
        Case{{512 * 512, 128, 18}, 256, 128},
        Case{{128 * 128, 512, 72}, 256, 128},
        Case{{32 * 4096, 960, 5}, 128, 160},
        Case{{32 * 1024, 5120, 10, 1, GemmFinish::kGated}, 128, 160},
        Case{{32 * 4096, 960, 5, 1, kPlain, true}, 128, 160, GemmSchedule::kResident},
        Case{{32 * 4096, 2560, 5, 1, GemmFinish::kGated, true}, 128, 160, GemmSchedule::kResident},
        Case{{2 * 4096, 960, 5, 1, kPlain, true}, 128, 160, GemmSchedule::kResident},
        Case{{32 * 1024, 1920, 10, 1, kPlain, true}, 256, 160, GemmSchedule::kRows},
        Case{{32 * 1024, 5120, 10, 1, GemmFinish::kGated, true}, 128, 160, GemmSchedule::kRows},
        Case{{32 * 256, 3840, 20, 1, kPlain, true}, 256, 160, GemmSchedule::kRows},
        Case{{32 * 256, 1280, 20, 1, kPlain, true, true, true}, 128, 160, GemmSchedule::kRows},
        Case{{32 * 256, 1280, 100, 1, kPlain, false, true, true}, 128, 160},
        Case{{2 * 64, 1280, 180, 8, kPlain}, 128, 160, GemmSchedule::kSpread},
        Case{{2 * 256, 1280, 180, 3, kPlain}, 128, 160, GemmSchedule::kSpread},
        Case{{2 * 1024, 640, 90}, 128, 80},
        Case{{2 * 256, 1280, 80}, 128, 80}}) {
    const GemmTileShape& shape = chosen(GemmFamily::kTma, c.size);
    expect(shape.rows == c.rows && shape.columns == c.columns && shape.schedule == c.schedule, c.size.rows,
           "x", c.size.columns, ", ", c.size.steps, " steps in tiles of ", shape.rows, "x", shape.columns,
           ", schedule ", static_cast<int>(shape.schedule));
  }
}

LTW_TEST(gemm_tiles_leave_in_boxes_where_a_next_one_waits) {
  const auto schedule = [](int64_t rows, int64_t steps, bool plain_rows) {
    return chosen(GemmFamily::kTma, {rows, 640, steps, 1, GemmFinish::kPlain, plain_rows}).schedule;
  };
  for (const int64_t steps : {5, 10, 40}) {
    expect(schedule(32 * 1024, steps, false) == GemmSchedule::kWalk, "a convolution, ", steps, " steps");
    expect(schedule(32 * 1024, steps, true) != GemmSchedule::kWalk, "many rows, ", steps, " steps");
    expect(schedule(1024, steps, true) == GemmSchedule::kWalk, "32 tiles, ", steps, " steps");
  }
  expect(chosen(GemmFamily::kTma, {1 << 17, 960, 5, 1, GemmFinish::kPlain, false, true}).schedule ==
             GemmSchedule::kRows,
         "weights stay of one source alone");
}

// In as many parts as two samples' tiles leave multiprocessors for.
LTW_TEST(gemm_parts_belong_to_the_layer) {
  expect(gemm_parts(64, 1280, 180) == 8, "8x8: 8 tiles");
  expect(gemm_parts(256, 1280, 180) == 3, "16x16: 32 tiles, and an H100 runs 39 clusters of 3");
  expect(gemm_parts(1024, 640, 90) == 1, "32x32: 64 tiles");
  expect(gemm_parts(64, 1280, 80) == 1, "a depth too small to share");
}

// Whatever the finish and the parts of a layer, some kernel of the family computes it. (e4m3 has neither
// activations nor parts.)
LTW_TEST(gemm_tiles_compute_everything) {
  for (const GemmFamily family : {GemmFamily::kMma, GemmFamily::kTma}) {
    for (const GemmFinish finish : {GemmFinish::kPlain, GemmFinish::kActivated, GemmFinish::kGated}) {
      choose_gemm_tile(family, {1000, 320, 5, 1, finish}, kHopper, kHopperShared);
    }
    for (int parts = 1; parts <= 8; ++parts) {
      choose_gemm_tile(family, {1000, 320, 500, parts}, kHopper, kHopperShared);
    }
  }
}

LTW_TEST(gemm_tiles_give_one_reason_per_rejected_tile) {
  const GemmTileChoice small = choose_gemm_tile(GemmFamily::kMma, {1 << 17, 320, 5}, kHopper, kAdaShared);
  expect(small.rejected.size() == gemm_tiles(GemmFamily::kMma).size() - 1, small.rejected.size(), " reasons");
  expect(small.rejected[0].find("shared memory") != std::string::npos, small.rejected[0]);
  const GemmTileChoice gated =
      choose_gemm_tile(GemmFamily::kE4M3, {1 << 17, 2560, 3, 1, GemmFinish::kGated}, kHopper, kHopperShared);
  expect(gated.rejected.back().find("GEGLU") != std::string::npos, gated.rejected.back());
  const GemmTileChoice parts = choose_gemm_tile(GemmFamily::kTma, {64, 1280, 180, 8}, kHopper, kHopperShared);
  expect(parts.rejected[0].find("8 parts") != std::string::npos, parts.rejected[0]);
}

LTW_TEST(gemm_tiles_share_a_multiprocessor) {
  for (const GemmFamily family : kFamilies) {
    for (const GemmTileShape& shape : gemm_tiles(family)) {
      // 1 KiB of each block is the system's.
      expect(shape.blocks_per_multiprocessor * (gemm_shared_bytes(family, shape) + 1024) <= 228 << 10,
             shape.rows, "x", shape.columns, " does not fit ", shape.blocks_per_multiprocessor, " times");
    }
  }
}

}  // namespace
}  // namespace ltw
