// What follows the sums, in float32 and in the registers that hold them: bias, activation, residual, one
// rounding; then through shared memory, 64 columns at a time, so that a warp writes whole lines. Rows and
// columns past the end are computed from what lies at the end and not stored: branches cost more, and code
// for odd widths in these unrolled loops outgrew the instruction cache (7 us a tile of 128x160, now 2.5).
#pragma once

#include "ops/device/activation.h"
#include "ops/device/mma.h"
#include "ops/gemm/gemm_ring.cuh"
#include "ops/gemm/gemm_tiles.h"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// For GEGLU into the first half of the sums.
template <GemmFinish kFinish, int kN>
__device__ void activate(const GemmArgs& p, float (&sums)[kN][4]) {
  if constexpr (kFinish == GemmFinish::kGated) {
#pragma unroll
    for (int n = 0; n < kN / 2; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[n][i] = sums[2 * n][i] * gelu(sums[2 * n + 1][i]);
    }
  } else if constexpr (kFinish == GemmFinish::kActivated) {
#pragma unroll
    for (int n = 0; n < kN; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[n][i] = activated(sums[n][i], p.activation);
    }
  }
}

// A warp's 16 rows of a tile. What must come from memory is requested when it is made, which is best done
// before the products.
template <class Tile, GemmFinish kFinish>
class RowFinish {
 public:
  // `row`, `column` of the product; `staged`: Tile::kPieceBytes of shared memory, the warp's own.
  __device__ RowFinish(const TmaGemm& g, int phase, int row, int column, uint32_t staged)
      : g_(g),
        phase_(phase),
        row_(row),
        column_(column / kFactor),
        columns_(g.gemm.columns / kFactor),
        lane_(static_cast<int>(threadIdx.x) % 32),
        staged_(staged) {
    const GemmArgs& p = g_.gemm;
    if (p.bias != nullptr) {
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        const int at = kGated ? n % 2 * columns_ + pair_column(n / 2) : pair_column(n);
        bias_[n] = __ldg(reinterpret_cast<const float2*>(p.bias + at));
      }
    }
    if (p.residual != nullptr) {
      each_piece([&](auto piece) {
        using Piece = decltype(piece);
#pragma unroll
        for (int i = 0; i < Piece::kPasses; ++i) {
          const int64_t at = output_row(g_, phase_, min(row_ + Piece::row(lane_, i), p.rows - 1));
          const int from = min(column_ + Piece::column(lane_), columns_ - 8);
          residual_[Piece::kFirst / 2 + i] = load_once(p.residual + at * p.residual_stride + from);
        }
      });
    }
  }

  __device__ void operator()(float (&sums)[Tile::kN][4]) {
    add_biases(sums);
    const GemmArgs& p = g_.gemm;
    activate<kFinish>(p, sums);
    // As load_matrices and store_matrices address it: rows 0-7, 8-15 of one tile, then of the next.
    const uint32_t fragment =
        staged_ + static_cast<uint32_t>(lane_ % 16 * Tile::kPieceStride * 2 + lane_ / 16 * 16);
    each_piece([&](auto piece) {
      using Piece = decltype(piece);
      if (p.residual != nullptr) {
#pragma unroll
        for (int i = 0; i < Piece::kPasses; ++i) {
          store_shared(own<Piece>(i), residual_[Piece::kFirst / 2 + i]);
        }
        __syncwarp();
#pragma unroll
        for (int n = 0; n < Piece::kTiles; n += 2) {
          uint32_t residual[4];
          load_matrices(residual, fragment + n * 16);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const float2 pair = unpack_halves(residual[i]);
            float(&to)[4] = sums[Piece::kFirst + n + i / 2];
            to[i % 2 * 2] += pair.x, to[i % 2 * 2 + 1] += pair.y;
          }
        }
        __syncwarp();
      }
#pragma unroll
      for (int n = 0; n < Piece::kTiles; n += 2) {
        const float(&a)[4] = sums[Piece::kFirst + n], (&b)[4] = sums[Piece::kFirst + n + 1];
        store_matrices({pack_halves(a[0], a[1]), pack_halves(a[2], a[3]), pack_halves(b[0], b[1]),
                        pack_halves(b[2], b[3])},
                       fragment + n * 16);
      }
      __syncwarp();
      const int column = column_ + Piece::column(lane_);
#pragma unroll
      for (int i = 0; i < Piece::kPasses; ++i) {
        const int row = row_ + Piece::row(lane_, i);
        const uint4 eight = load_shared(own<Piece>(i));
        if (row < p.rows && column < columns_) {
          *reinterpret_cast<uint4*>(p.dst + output_row(g_, phase_, row) * p.dst_stride + column) = eight;
        }
      }
      __syncwarp();
    });
  }

 private:
  static constexpr bool kGated = kFinish == GemmFinish::kGated;
  static constexpr int kFactor = kGated ? 2 : 1;            // columns of the product for one of the output
  static constexpr int kN = Tile::kN, kOut = kN / kFactor;  // 16x8 tiles of sums, of the output
  static_assert(kOut % 2 == 0);

  // kTiles tiles of the output from kFirst on, stored together: 16 bytes a lane and pass.
  template <int kFirst_, int kTiles_>
  struct PieceOf {
    static constexpr int kFirst = kFirst_, kTiles = kTiles_, kRowStep = 32 / kTiles, kPasses = 16 / kRowStep;
    static_assert(kTiles == 2 || kTiles == 4 || kTiles == 8);
    __device__ static int row(int lane, int pass) { return lane / kTiles + pass * kRowStep; }
    __device__ static int column(int lane) { return (kFirst + lane % kTiles) * 8; }
  };

  template <int kFirst = 0, class Body>
  __device__ static void each_piece(const Body& body) {
    if constexpr (kFirst < kOut) {
      constexpr int kRest = kOut - kFirst, kTiles = kRest >= 8 ? 8 : kRest >= 4 ? 4 : 2;
      body(PieceOf<kFirst, kTiles>());
      each_piece<kFirst + kTiles>(body);
    }
  }

  template <class Piece>
  __device__ uint32_t own(int pass) const {
    return staged_ + static_cast<uint32_t>((Piece::row(lane_, pass) * Tile::kPieceStride +
                                            (Piece::column(lane_) - Piece::kFirst * 8)) *
                                           2);
  }

  __device__ int pair_column(int n) const { return min(column_ + n * 8 + lane_ % 4 * 2, columns_ - 2); }

  __device__ void add_biases(float (&sums)[kN][4]) const {
    const GemmArgs& p = g_.gemm;
    if (p.bias != nullptr) {
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        sums[n][0] += bias_[n].x, sums[n][1] += bias_[n].y, sums[n][2] += bias_[n].x,
            sums[n][3] += bias_[n].y;
      }
    }
    if constexpr (!kGated) {
      if (p.sample_bias == nullptr) return;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int sample = min(row_ + lane_ / 4 + 8 * half, p.rows - 1) / p.out_pixels;
        const __half* bias = p.sample_bias + sample * p.sample_bias_stride;
#pragma unroll
        for (int n = 0; n < kN; ++n) {
          const float2 pair = __half22float2(__ldg(reinterpret_cast<const __half2*>(bias + pair_column(n))));
          sums[n][2 * half] += pair.x, sums[n][2 * half + 1] += pair.y;
        }
      }
    }
  }

  const TmaGemm& g_;
  int phase_, row_, column_, columns_, lane_;
  uint32_t staged_;
  float2 bias_[kN];
  uint4 residual_[kOut / 2];
};

#endif

}  // namespace ltw::cuda
