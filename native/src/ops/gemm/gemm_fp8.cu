#include "ops/gemm/gemm_fp8_rows.cuh"
#include "ops/gemm/gemm_tma_launch.cuh"

namespace ltw::cuda {
namespace {

using Tile256x160 = TmaTile<256, 160, 4>;
using Rows128x160 = RowsTile<Tile128x160>;
using Resident128x160 = ResidentTile<160, kResidentSteps, 5>;

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
  return {weights.product_scale.tensor().f32(), dst.scale};
}

void launch_gemm_fp8(const GemmArgs& args, const Fp8Scales& scales, const CudaBackend& backend) {
  const GemmArgs pairs = in_pairs(args);
  const bool gated = args.activation == Activation::kGeglu;
  ensure(
      fits_tma(pairs) && args.columns % (gated ? 32 : 16) == 0 && args.dst_stride % (gated ? 16 : 8) == 0 &&
          (gated ? args.residual == nullptr && args.term_count == 0 : args.activation == Activation::kNone),
      "a product that e4m3 has no kernel for");
  const GemmSize size = tma_size(pairs);
  const DeviceLimits& limits = backend.limits();
  const int tile =
      choose_gemm_tile(GemmFamily::kE4M3, size, limits.multiprocessors, limits.shared_bytes_per_block).tile;
  const GemmTileShape& shape = gemm_tiles(GemmFamily::kE4M3)[static_cast<size_t>(tile)];
  const auto run = [&]<class Tile>(Tile, void (*kernel)(Fp8Gemm)) {
    launch_on_tma<Tile>(GemmFamily::kE4M3, shape, kernel, pairs, size, backend, [&](const TmaGemm& g) {
      return Fp8Gemm{g, scales};
    });
  };
  constexpr GemmFinish kPlain = GemmFinish::kPlain, kGated = GemmFinish::kGated;
  const bool terms = args.term_count > 0;
  const auto plain = [&]<class Tile>(Tile tile) {
    run(tile, terms ? gemm_fp8<Tile, kPlain, true> : gemm_fp8<Tile, kPlain, false>);
  };
  const auto run_boxed = [&]<class Tile>(Tile, void (*kernel)(BoxedFp8Gemm)) {
    launch_on_tma<Tile>(GemmFamily::kE4M3, shape, kernel, pairs, size, backend, [&](const TmaGemm& g) {
      return BoxedFp8Gemm{boxed_gemm(g, Tile::kColumns, gated ? 1 : 2),
                          column_map(scales.product, pairs, Tile::kColumns), scales};
    });
  };
  if (shape.schedule == GemmSchedule::kResident) {
    return run_boxed(Resident128x160(), gated ? gemm_fp8_resident<Resident128x160, kGated>
                                              : gemm_fp8_resident<Resident128x160, kPlain>);
  }
  if (shape.schedule == GemmSchedule::kRows) {
    return run_boxed(Rows128x160(), gated   ? gemm_fp8_rows<Rows128x160, kGated, false>
                                    : terms ? gemm_fp8_rows<Rows128x160, kPlain, true>
                                            : gemm_fp8_rows<Rows128x160, kPlain, false>);
  }
  if (gated) return run(Tile128x160(), gemm_fp8<Tile128x160, kGated, false>);
  if (shape.rows == 256) return shape.columns == 160 ? plain(Tile256x160()) : plain(Tile256x128());
  if (shape.columns == 160) return plain(Tile128x160());
  shape.columns == 128 ? plain(Tile128x128()) : plain(Tile128x80());
}

}  // namespace ltw::cuda
