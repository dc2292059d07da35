#include "ops/gemm/gemm_launch.h"
#include "ops/gemm/gemm_resident.cuh"
#include "ops/gemm/gemm_spread.cuh"
#include "ops/gemm/gemm_tma.cuh"

namespace ltw::cuda {
namespace {

using Tile256x128 = TmaTile<256, 128, 4>;
using Tile128x160 = TmaTile<128, 160, 5>;
using Tile128x128 = TmaTile<128, 128, 6>;
using Tile128x80 = TmaTile<128, 80, 7>;
using Resident128x160 = ResidentTile<160, kResidentSteps, 6>;

template <class Tile>
void launch(void (*kernel)(TmaGemm), const GemmArgs& args, const GemmSize& size, const GemmTileShape& shape,
            const CudaBackend& device) {
  const int multiprocessors = device.limits().multiprocessors;
  ensure(shape.rows == Tile::kRows && shape.columns == Tile::kColumns && shape.stages == Tile::kStages &&
             gemm_shared_bytes(GemmFamily::kTma, shape) == Tile::kSharedBytes,
         "the tile table and the kernels differ");
  TmaGemm g = tma_gemm(args, Tile::kLoadRows, Tile::kColumns);
  g.steps = static_cast<int>(size.steps);
  g.parts = size.parts;
  const auto over = [](int count, int by) { return (count + by - 1) / by; };
  const int rows = g.phases * over(g.gemm.rows, Tile::kRows), columns = over(args.columns, Tile::kColumns);
  LaunchShape launched;
  int blocks = std::min(rows * columns, multiprocessors);
  if (shape.schedule == GemmSchedule::kResident) blocks = std::min(rows, multiprocessors / columns) * columns;
  if (shape.schedule == GemmSchedule::kSpread) {
    blocks = rows * columns * size.parts;
    launched.cluster = static_cast<unsigned>(size.parts);
  }
  launched.grid = dim3(static_cast<unsigned>(blocks));
  launched.block = dim3(Tile::kThreads);
  launched.shared_bytes = Tile::kSharedBytes;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "gemm");
  launch_early("gemm", kernel, launched, device, g);
}

}  // namespace

void launch_gemm_tma(const GemmArgs& args, const GemmSize& size, int tile, const CudaBackend& device) {
  const GemmTileShape& shape = gemm_tiles(GemmFamily::kTma)[static_cast<size_t>(tile)];
  const auto run = [&]<class Tile>(Tile, void (*kernel)(TmaGemm)) {
    launch<Tile>(kernel, args, size, shape, device);
  };
  constexpr GemmFinish kPlain = GemmFinish::kPlain;
  if (shape.schedule == GemmSchedule::kSpread) return run(Tile128x160(), gemm_spread<Tile128x160, kPlain>);
  if (shape.schedule == GemmSchedule::kResident) {
    return run(Resident128x160(), size.finish == GemmFinish::kGated
                                      ? gemm_resident<Resident128x160, GemmFinish::kGated>
                                      : gemm_resident<Resident128x160, kPlain>);
  }
  if (size.parts > 1) return run(Tile128x160(), gemm_tma<Tile128x160, kPlain, true>);
  if (size.finish == GemmFinish::kGated) {
    return run(Tile128x160(), gemm_tma<Tile128x160, GemmFinish::kGated, false>);
  }
  if (size.finish == GemmFinish::kActivated) {
    return run(Tile128x80(), gemm_tma<Tile128x80, GemmFinish::kActivated, false>);
  }
  if (shape.rows == 256) return run(Tile256x128(), gemm_tma<Tile256x128, kPlain, false>);
  if (shape.columns == 160) return run(Tile128x160(), gemm_tma<Tile128x160, kPlain, false>);
  if (shape.columns == 128) return run(Tile128x128(), gemm_tma<Tile128x128, kPlain, false>);
  run(Tile128x80(), gemm_tma<Tile128x80, kPlain, false>);
}

}  // namespace ltw::cuda
