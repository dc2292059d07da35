// gemm_rows.cuh and gemm_resident.cuh for operands of e4m3.
#pragma once

#include "ops/gemm/gemm_fp8.cuh"
#include "ops/gemm/gemm_resident.cuh"
#include "ops/gemm/gemm_rows.cuh"

namespace ltw::cuda {

struct BoxedFp8Gemm {
  BoxedGemm boxed;
  CUtensorMap product_scales;  // a column_map()
  Fp8Scales scales;
};

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// The weights' scales are brought with the bias; what GEGLU leaves is e4m3.
template <int kTileColumns, GemmFinish kFinish>
class Fp8Boxes : public Boxes<kTileColumns, kFinish, kFinish == GemmFinish::kGated ? 1 : 2> {
  using Base = Boxes<kTileColumns, kFinish, kFinish == GemmFinish::kGated ? 1 : 2>;
  using Base::kFactor, Base::kColumns, Base::kBias, Base::kBarriers;

 public:
  using Base::Base;

  // By the group's warps; then float16's terms may be added, then fill() is called. `columns`: what says
  // scale_of(), and for fill() bias_of().
  template <class Columns>
  __device__ void scale(const Columns& columns, float (&sums)[kTileColumns / 8][4]) const {
    if constexpr (kFinish == GemmFinish::kGated) return;
    this->wait();
#pragma unroll
    for (int n = 0; n < kTileColumns / 8; ++n) scale_pair(sums[n], columns.scale_of(n));
  }

  template <class Columns>
  __device__ void fill(const GemmArgs& p, const Fp8Scales& scales, const Columns& columns,
                       float (&sums)[kTileColumns / 8][4], int warp) {
    if constexpr (kFinish == GemmFinish::kPlain) {
      Base::fill(p, columns, sums, warp);
    } else {
      this->wait();
      const bool with_bias = p.bias != nullptr;
#pragma unroll
      for (int n = 0; n < kTileColumns / 8; ++n) {
        scale_and_add(sums[n], columns.scale_of(n), with_bias ? columns.bias_of(n) : float2{});
      }
      const float inverse = 1 / scales.dst;
      const int lane = static_cast<int>(threadIdx.x) % 32;
      const uint32_t to =
          this->box(0) + static_cast<uint32_t>((warp * 16 + lane / 4) * kColumns + lane % 4 * 2);
#pragma unroll
      for (int n = 0; n < kColumns / 8; ++n) {
        store_geglu(sums[2 * n], sums[2 * n + 1], inverse, to + n * 8, kColumns);
      }
      this->give();
    }
  }

  // As bias_of().
  __device__ float2 scale_of(int n) const {
    return load_shared_pair(this->bias(Base::column_of(n)) + kScalesBehind);
  }

  // As Boxes has it.
  __device__ void carry(const BoxedFp8Gemm& g, int row, int product_column) {
    const int column = product_column / kFactor;
    const bool others = this->others_than_before(column);
    this->bring(g.boxed, row, column, others, others ? kTileColumns * 4 : 0);
    if (others) load_box(this->bias(0) + kScalesBehind, g.product_scales, this->ready(), column, 0);
    this->take(g.boxed, row, column);
  }

 private:
  static constexpr int kScalesBehind = kTileColumns * 4;  // the bias
  static_assert(kBias + 2 * kScalesBehind <= kBarriers);
};

// As KeptColumns, and the scales.
template <class Tile>
class KeptE4m3 : public KeptColumns<Tile> {
 public:
  template <class Boxes>
  __device__ KeptE4m3(const GemmArgs& p, const Boxes& boxes) : KeptColumns<Tile>(p, boxes) {
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) scales_[n] = boxes.scale_of(n);
  }

  __device__ float2 scale_of(int n) const { return scales_[n]; }

 private:
  float2 scales_[Tile::kN];
};

#endif

template <class Tile, GemmFinish kFinish, bool kTerms>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_fp8_rows(const __grid_constant__ BoxedFp8Gemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  const TmaGemm& tma = g.boxed.tma;
  walk_rows<Tile, Fp8Boxes<Tile::kColumns, kFinish>>(
      tma, g, [&](auto& boxes, auto& sums, const auto& ring, auto& at, int group, int warp) {
        const int steps = steps_at(tma.gemm, 0);
        multiply<Tile>(sums, steps, ring, at, group, MultiplyE4m3());
        boxes.scale(boxes, sums[0]);
        if constexpr (kTerms) multiply<Tile, true>(sums, tma.steps - steps, ring, at, group);
        boxes.fill(tma.gemm, g.scales, boxes, sums[0], warp);
      });
#endif
}

template <class Tile, GemmFinish kFinish>
__global__ void __launch_bounds__(Tile::kThreads, 1)
    gemm_fp8_resident(const __grid_constant__ BoxedFp8Gemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  const TmaGemm& tma = g.boxed.tma;
  walk_resident<Tile, Fp8Boxes<Tile::kColumns, kFinish>, KeptE4m3<Tile>>(
      tma, g, [&](auto& boxes, const auto& columns, auto& sums, const auto& ring, auto& at, int warp) {
        multiply<Tile>(sums, tma.steps, ring, at, MultiplyE4m3());
        boxes.scale(columns, sums);
        boxes.fill(tma.gemm, g.scales, columns, sums, warp);
      });
#endif
}

}  // namespace ltw::cuda
