// The matrix product of e4m3 operands (sm_90a): gemm_tma.cuh's, whose ring holds 128 bytes a row and step
// either way: that is 128 of depth here. Arguments count the operands' bytes in pairs, as if they were
// float16, which is what the copy engine is told.
#pragma once

#include "ops/device/e4m3.h"
#include "ops/device/launch_order.h"
#include "ops/device/wgmma_e4m3.h"
#include "ops/gemm/gemm_fp8.h"
#include "ops/gemm/gemm_tall.cuh"

namespace ltw::cuda {

struct Fp8Gemm {
  TmaGemm tma;
  Fp8Scales scales;
};

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

struct MultiplyE4m3 {
  template <int kN>
  __device__ void operator()(float (&sums)[kN][4], uint64_t rows, uint64_t columns, int add) const {
    wgmma_e4m3(sums, rows, columns, add);
  }
};

// A thread's sums of two neighbouring columns by their scales. Not to be contracted with what follows:
// kernels that must agree in their bits differ there.
__device__ inline void scale_pair(float (&sums)[4], float2 scales) {
  sums[0] = __fmul_rn(sums[0], scales.x), sums[1] = __fmul_rn(sums[1], scales.y);
  sums[2] = __fmul_rn(sums[2], scales.x), sums[3] = __fmul_rn(sums[3], scales.y);
}

// The same with the bias, in one instruction a sum: before GEGLU, which the end of a tile is made of.
__device__ inline void scale_and_add(float (&sums)[4], float2 scales, float2 bias) {
  sums[0] = __fmaf_rn(sums[0], scales.x, bias.x), sums[1] = __fmaf_rn(sums[1], scales.y, bias.y);
  sums[2] = __fmaf_rn(sums[2], scales.x, bias.x), sums[3] = __fmaf_rn(sums[3], scales.y, bias.y);
}

// A thread's columns' scales: requested when it is made.
template <class Tile, bool kGated>
class ColumnScales {
 public:
  __device__ ColumnScales(const Fp8Gemm& g, int column) {
    const int columns = g.tma.gemm.columns / (kGated ? 2 : 1), first = column / (kGated ? 2 : 1);
    const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) {
      const int at = min(first + (kGated ? n / 2 : n) * 8 + lane % 4 * 2, columns - 2);
      pairs_[n] =
          __ldg(reinterpret_cast<const float2*>(g.scales.product + (kGated ? n % 2 * columns : 0) + at));
    }
  }

  __device__ void operator()(float (&sums)[Tile::kN][4]) const {
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) scale_pair(sums[n], pairs_[n]);
  }
  __device__ float2 pair(int n) const { return pairs_[n]; }

 private:
  float2 pairs_[Tile::kN];
};

// GEGLU of a thread's sums of two neighbouring columns, rounded to e4m3, into shared memory where the second
// of two rows of eight is 8 * `stride` bytes past the first.
__device__ inline void store_geglu(const float (&x)[4], const float (&gate)[4], float inverse, uint32_t to,
                                   int stride) {
  float y[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) y[i] = x[i] * gelu_approximate(gate[i], inverse);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    asm volatile("st.shared.u16 [%0], %1;" ::"r"(to + static_cast<uint32_t>(half * 8 * stride)),
                 "h"(static_cast<uint16_t>(pack_e4m3(y[2 * half], y[2 * half + 1])))
                 : "memory");
  }
}

// GEGLU for a warp's 16 rows of a tile, rounded to e4m3.
template <class Tile>
class GatedE4m3 {
 public:
  __device__ GatedE4m3(const Fp8Gemm& g, int row, int column, uint32_t staged)
      : g_(g),
        row_(row),
        column_(column / 2),
        columns_(g.tma.gemm.columns / 2),
        lane_(static_cast<int>(threadIdx.x) % 32),
        staged_(staged),
        scales_(g, column) {
    const float* bias = g.tma.gemm.bias;
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) {
      const int at = n % 2 * columns_ + min(column_ + n / 2 * 8 + lane_ % 4 * 2, columns_ - 2);
      bias_[n] = bias == nullptr ? float2{} : __ldg(reinterpret_cast<const float2*>(bias + at));
    }
  }

  __device__ void operator()(float (&sums)[Tile::kN][4]) const {
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) scale_and_add(sums[n], scales_.pair(n), bias_[n]);
    const float inverse = 1 / g_.scales.dst;
#pragma unroll
    for (int n = 0; n < kOut; ++n) {
      store_geglu(sums[2 * n], sums[2 * n + 1], inverse,
                  staged_ + static_cast<uint32_t>(lane_ / 4 * kStride + n * 8 + lane_ % 4 * 2), kStride);
    }
    __syncwarp();
    const GemmArgs& p = g_.tma.gemm;
    auto* const dst = reinterpret_cast<uint8_t*>(p.dst);
#pragma unroll
    for (int item = lane_; item < 16 * kPieces; item += 32) {
      const int row = row_ + item / kPieces, column = column_ + item % kPieces * 16;
      const uint4 bytes =
          load_shared(staged_ + static_cast<uint32_t>(item / kPieces * kStride + item % kPieces * 16));
      if (row < p.rows && column < columns_) {
        *reinterpret_cast<uint4*>(dst + row * p.dst_stride + column) = bytes;
      }
    }
    __syncwarp();
  }

 private:
  static constexpr int kOut = Tile::kN / 2, kPieces = kOut / 2;
  static constexpr int kStride = kOut * 8;  // bytes: 80 put a warp's pairs into different banks
  static_assert(kOut % 2 == 0 && 16 * kStride <= Tile::kPieceBytes);

  const Fp8Gemm& g_;
  int row_, column_, columns_, lane_;
  uint32_t staged_;
  ColumnScales<Tile, true> scales_;
  float2 bias_[Tile::kN];
};

// kTerms: float16's terms follow the products of e4m3, onto their sums, which are scaled first. (Asked for
// when it runs, the compiler would wait after each product: C7515.)
template <class Tile, GemmFinish kFinish, bool kTerms>
__device__ void compute_e4m3(const Fp8Gemm& g, const TileWalk<Tile>& walk, const Ring<Tile>& ring, int group,
                             int warp) {
  constexpr bool kGated = kFinish == GemmFinish::kGated;
  const GemmArgs& p = g.tma.gemm;
  const int steps = taps_of(p) * steps_at(p, 0);
  RingPlace<Tile> at;
  GroupSums<Tile> sums;
  for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
    const TilePlace place = walk.place(tile);
    const int row = place.row + group * Tile::kGroupRows + warp % 4 * 16;
    if constexpr (Tile::kM > 1) {
      multiply<Tile>(sums, steps, ring, at, group, MultiplyE4m3());
      const ColumnScales<Tile, false> scale(g, place.column);
#pragma unroll
      for (int m = 0; m < Tile::kM; ++m) scale(sums[m]);
      if constexpr (kTerms) multiply<Tile, true>(sums, g.tma.steps - steps, ring, at, group);
      TallFinish<Tile>(g.tma, place, row, ring.piece(warp))(sums);
    } else if constexpr (kGated) {
      const GatedE4m3<Tile> finish(g, row, place.column, ring.piece(warp));
      multiply<Tile>(sums, steps, ring, at, group, MultiplyE4m3());
      finish(sums[0]);
    } else {
      const ColumnScales<Tile, false> scale(g, place.column);
      RowFinish<Tile, kFinish> finish(g.tma, place.phase, row, place.column, ring.piece(warp));
      multiply<Tile>(sums, steps, ring, at, group, MultiplyE4m3());
      scale(sums[0]);
      if constexpr (kTerms) multiply<Tile, true>(sums, g.tma.steps - steps, ring, at, group);
      finish(sums[0]);
    }
  }
}

#endif

template <class Tile, GemmFinish kFinish, bool kTerms>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_fp8(const __grid_constant__ Fp8Gemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ __align__(1024) unsigned char memory[];
  const Ring<Tile> ring{shared_address(memory)};
  const int thread = static_cast<int>(threadIdx.x), group = own_group();
  if (thread == 0) ring.init();
  __syncthreads();
  wait_for_earlier_kernels();
  const TileWalk<Tile> walk(g.tma);
  if (group == Tile::kGroups) {
    fewer_registers<40>();
    if (thread % 128 == 0) {
      RingPlace<Tile> at;
      for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
        load_tile(g.tma, walk.place(tile), 0, g.tma.steps, ring, at);
      }
    }
  } else {
    more_registers<232>();
    compute_e4m3<Tile, kFinish, kTerms>(g, walk, ring, group, thread / 32);
  }
#endif
}

}  // namespace ltw::cuda
