#include "ops/gemm/gemm_launch.h"
#include "ops/gemm/gemm_spread.cuh"
#include "ops/gemm/gemm_tma.cuh"

namespace ltw::cuda {
namespace {

using Tile256x128 = TmaTile<256, 128, 4>;
using Tile128x160 = TmaTile<128, 160, 5>;
using Tile128x128 = TmaTile<128, 128, 6>;
using Tile128x80 = TmaTile<128, 80, 7>;

template <class Tile>
void launch(void (*kernel)(TmaGemm), const GemmArgs& args, const GemmSize& size, const GemmTileShape& shape,
            int multiprocessors, cudaStream_t stream) {
  ensure(shape.rows == Tile::kRows && shape.columns == Tile::kColumns && shape.stages == Tile::kStages &&
             gemm_shared_bytes(GemmFamily::kTma, shape) == Tile::kSharedBytes,
         "the tile table and the kernels differ");
  TmaGemm g = tma_gemm(args, Tile::kRows, Tile::kColumns);
  g.steps = static_cast<int>(size.steps);
  g.parts = size.parts;
  const auto over = [](int count, int by) { return (count + by - 1) / by; };
  const int tiles = g.phases * over(g.gemm.rows, Tile::kRows) * over(args.columns, Tile::kColumns);
  const bool spread = shape.schedule == GemmSchedule::kSpread;
  cudaLaunchAttribute attribute{};
  if (spread) {  // an early start costs clusters 10 % when one such product follows another
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {static_cast<unsigned>(size.parts), 1, 1};
  } else {
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
  }
  cudaLaunchConfig_t config{};
  config.gridDim =
      dim3(static_cast<unsigned>(spread ? tiles * size.parts : std::min(tiles, multiprocessors)));
  config.blockDim = dim3(Tile::kThreads);
  config.dynamicSmemBytes = Tile::kSharedBytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "gemm");
  check(cudaLaunchKernelEx(&config, kernel, g), "gemm");
}

}  // namespace

void launch_gemm_tma(const GemmArgs& args, const GemmSize& size, int tile, int multiprocessors,
                     cudaStream_t stream) {
  const GemmTileShape& shape = gemm_tiles(GemmFamily::kTma)[static_cast<size_t>(tile)];
  const auto run = [&]<class Tile>(Tile, void (*kernel)(TmaGemm)) {
    launch<Tile>(kernel, args, size, shape, multiprocessors, stream);
  };
  constexpr GemmFinish kPlain = GemmFinish::kPlain;
  if (shape.schedule == GemmSchedule::kSpread) return run(Tile128x160(), gemm_spread<Tile128x160, kPlain>);
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
