#include <algorithm>

#include "ops/gemm/gemm_fp8.cuh"

namespace ltw::cuda {
namespace {

// Of 128 bytes.
int steps_of(const GemmArgs& pairs) { return pairs.kernel * pairs.kernel * ((pairs.channels + 63) / 64); }

template <int kRows, int kColumns, int kStages>
void launch(void (*kernel)(Fp8Gemm), const GemmArgs& args, const Fp8Scales& scales,
            const CudaBackend& backend) {
  using Tile = TmaTile<kRows, kColumns, kStages>;
  Fp8Gemm g{tma_gemm(args, Tile::kRows, Tile::kColumns), scales};
  g.tma.steps = steps_of(args);
  g.tma.parts = 1;
  const auto over = [](int count, int by) { return (count + by - 1) / by; };
  const int tiles = over(args.rows, Tile::kRows) * over(args.columns, Tile::kColumns);
  LaunchShape launched;
  launched.grid = dim3(static_cast<unsigned>(std::min(tiles, backend.limits().multiprocessors)));
  launched.block = dim3(Tile::kThreads);
  launched.shared_bytes = Tile::kSharedBytes;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kSharedBytes),
        "gemm_fp8");
  launch_early("gemm_fp8", kernel, launched, backend, g);
}

// Every tile adds along the depth in the same order. As gemm_tiles.h has it, measured on an H100 in
// microseconds: a step of 128 of depth where a block does several tiles and where it does one, and what a
// tile takes beside its steps.
struct TileCost {
  int rows, columns;
  double shared_step, lone_step, ends;
};
constexpr TileCost kTiles[] = {{128, 160, 0.50, 0.31, 3.5},
                               {128, 128, 0.43, 0.30, 1.0},
                               {128, 80, 0.36, 0.24, 1.6},
                               {256, 160, 0.98, 0.80, 7.0},
                               {256, 128, 0.80, 0.65, 3.4}};

double microseconds(const TileCost& tile, const GemmArgs& pairs, int multiprocessors) {
  const auto over = [](int64_t count, int64_t by) { return (count + by - 1) / by; };
  const int64_t busiest =
      over(over(pairs.rows, tile.rows) * over(pairs.columns, tile.columns), multiprocessors);
  const double step = busiest == 1 ? tile.lone_step : tile.shared_step;
  return static_cast<double>(busiest) * (steps_of(pairs) * step + tile.ends);
}

// The operands as the copy engine is told: pairs of bytes.
GemmArgs in_pairs(GemmArgs args) {
  args.channels /= 2;
  args.packed_channels = args.channels;
  args.depth = args.kernel * args.kernel * args.channels;
  args.src_stride /= 2;
  return args;
}

}  // namespace

Fp8Scales fp8_scales(const Tensor& dst, const Tensor& src, const PackedWeights& weights) {
  ensure(src.scale == weights.input_scale, "a product of e4m3 of scale ", src.scale, " with weights for ",
         weights.input_scale);
  return {weights.weight_scale.tensor().as<__nv_bfloat16>(), src.scale, dst.scale};
}

void launch_gemm_fp8(const GemmArgs& args, const Fp8Scales& scales, const CudaBackend& backend) {
  const GemmArgs pairs = in_pairs(args);
  const bool gated = args.activation == Activation::kGeglu;
  ensure(fits_tma(pairs) && args.columns % (gated ? 32 : 16) == 0 && args.upsample == 0 &&
             args.term_count == 0 && (gated || args.activation == Activation::kNone),
         "a product that e4m3 has no kernel for");
  if (gated) {
    return launch<128, 160, 5>(gemm_fp8<TmaTile<128, 160, 5>, GemmFinish::kGated>, pairs, scales, backend);
  }
  constexpr GemmFinish kPlain = GemmFinish::kPlain;
  const TileCost* best = std::min_element(std::begin(kTiles), std::end(kTiles), [&](auto& a, auto& b) {
    const int multiprocessors = backend.limits().multiprocessors;
    return microseconds(a, pairs, multiprocessors) < microseconds(b, pairs, multiprocessors);
  });
  if (best->rows == 256 && best->columns == 160) {
    launch<256, 160, 4>(gemm_fp8<TmaTile<256, 160, 4>, kPlain>, pairs, scales, backend);
  } else if (best->rows == 256) {
    launch<256, 128, 4>(gemm_fp8<TmaTile<256, 128, 4>, kPlain>, pairs, scales, backend);
  } else if (best->columns == 160) {
    launch<128, 160, 5>(gemm_fp8<TmaTile<128, 160, 5>, kPlain>, pairs, scales, backend);
  } else if (best->columns == 128) {
    launch<128, 128, 6>(gemm_fp8<TmaTile<128, 128, 6>, kPlain>, pairs, scales, backend);
  } else {
    launch<128, 80, 7>(gemm_fp8<TmaTile<128, 80, 7>, kPlain>, pairs, scales, backend);
  }
}

}  // namespace ltw::cuda
