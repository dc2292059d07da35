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

  // By the group's warps; then float16's terms may be added, then fill() is called.
  __device__ void scale(float (&sums)[kTileColumns / 8][4]) const {
    if constexpr (kFinish == GemmFinish::kGated) return;
    barrier_wait(this->ready(), this->turn_);
#pragma unroll
    for (int n = 0; n < kTileColumns / 8; ++n) scale_pair(sums[n], load_shared_pair(scale_at(n)));
  }

  __device__ void fill(const GemmArgs& p, const Fp8Scales& scales, float (&sums)[kTileColumns / 8][4],
                       int warp) {
    if constexpr (kFinish == GemmFinish::kPlain) {
      Base::fill(p, sums, warp);
    } else {
      barrier_wait(this->ready(), this->turn_);
      const bool with_bias = p.bias != nullptr;
#pragma unroll
      for (int n = 0; n < kTileColumns / 8; ++n) {
        const uint32_t at = scale_at(n);
        scale_and_add(sums[n], load_shared_pair(at),
                      with_bias ? load_shared_pair(at - kScalesBehind) : float2{});
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

  // A thread's two columns of 16x8 tile n.
  __device__ uint32_t scale_at(int n) const {
    const int column = n % kFactor * kColumns + n / kFactor * 8 + static_cast<int>(threadIdx.x) % 4 * 2;
    return this->bias(column) + kScalesBehind;
  }
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
        boxes.scale(sums[0]);
        if constexpr (kTerms) multiply<Tile, true>(sums, tma.steps - steps, ring, at, group);
        boxes.fill(tma.gemm, g.scales, sums[0], warp);
      });
#endif
}

template <class Tile, GemmFinish kFinish>
__global__ void __launch_bounds__(Tile::kThreads, 1)
    gemm_fp8_resident(const __grid_constant__ BoxedFp8Gemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  const TmaGemm& tma = g.boxed.tma;
  walk_resident<Tile, Fp8Boxes<Tile::kColumns, kFinish>>(
      tma, g, [&](auto& boxes, auto& sums, const auto& ring, auto& at, int warp) {
        multiply<Tile>(sums, tma.steps, ring, at, MultiplyE4m3());
        boxes.scale(sums);
        boxes.fill(tma.gemm, g.scales, sums, warp);
      });
#endif
}

}  // namespace ltw::cuda
