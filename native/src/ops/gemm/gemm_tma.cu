#include <functional>

#include "ops/gemm/gemm_launch.h"
#include "ops/gemm/gemm_resident.cuh"
#include "ops/gemm/gemm_rows.cuh"
#include "ops/gemm/gemm_spread.cuh"
#include "ops/gemm/gemm_tma.cuh"
#include "ops/gemm/gemm_tma_launch.cuh"

namespace ltw::cuda {
namespace {

using Rows256x160 = RowsTile<TmaTile<256, 160, 3>>;
using Rows128x160 = RowsTile<Tile128x160>;
using Resident128x160 = ResidentTile<160, kResidentSteps, 5>;

}  // namespace

void launch_gemm_tma(const GemmArgs& args, const GemmSize& size, int tile, const CudaBackend& device) {
  const GemmTileShape& shape = gemm_tiles(GemmFamily::kTma)[static_cast<size_t>(tile)];
  const auto run = [&]<class Tile>(Tile, void (*kernel)(TmaGemm)) {
    launch_on_tma<Tile>(GemmFamily::kTma, shape, kernel, args, size, device, std::identity());
  };
  const auto run_boxed = [&]<class Tile>(Tile, void (*kernel)(BoxedGemm)) {
    launch_on_tma<Tile>(GemmFamily::kTma, shape, kernel, args, size, device,
                        [](const TmaGemm& g) { return boxed_gemm(g, Tile::kColumns); });
  };
  constexpr GemmFinish kPlain = GemmFinish::kPlain, kGated = GemmFinish::kGated;
  const bool gated = size.finish == kGated;
  if (shape.schedule == GemmSchedule::kSpread) return run(Tile128x160(), gemm_spread<Tile128x160, kPlain>);
  if (shape.schedule == GemmSchedule::kResident) {
    return run_boxed(Resident128x160(),
                     gated ? gemm_resident<Resident128x160, kGated> : gemm_resident<Resident128x160, kPlain>);
  }
  if (shape.schedule == GemmSchedule::kRows && shape.rows == 256) {
    return run_boxed(Rows256x160(), gemm_rows<Rows256x160, kPlain>);
  }
  if (shape.schedule == GemmSchedule::kRows) {
    return run_boxed(Rows128x160(), gated ? gemm_rows<Rows128x160, kGated> : gemm_rows<Rows128x160, kPlain>);
  }
  if (size.parts > 1) return run(Tile128x160(), gemm_tma<Tile128x160, kPlain, true>);
  if (gated) return run(Tile128x160(), gemm_tma<Tile128x160, kGated, false>);
  if (size.finish == GemmFinish::kActivated) {
    return run(Tile128x80(), gemm_tma<Tile128x80, GemmFinish::kActivated, false>);
  }
  if (shape.rows == 256) return run(Tile256x128(), gemm_tma<Tile256x128, kPlain, false>);
  if (shape.columns == 160) return run(Tile128x160(), gemm_tma<Tile128x160, kPlain, false>);
  if (shape.columns == 128) return run(Tile128x128(), gemm_tma<Tile128x128, kPlain, false>);
  run(Tile128x80(), gemm_tma<Tile128x80, kPlain, false>);
}

}  // namespace ltw::cuda
