// What follows the sums, in float32 and in the registers that hold them; then one rounding, and the tile goes
// through shared memory so that it is stored in pieces of 16 bytes. (A float32 tile in shared memory with all
// arithmetic after it cost 21 us a block, four times a depth of 320.)
#pragma once

#include "ops/device/activation.h"
#include "ops/device/mma.h"
#include "ops/gemm/gemm.h"

namespace ltw::cuda {

__device__ inline bool aligned_16(const void* pointer, int64_t stride) {
  return reinterpret_cast<uintptr_t>(pointer) % 16 == 0 && stride % 8 == 0;
}

// Whether every row of every tensor is made of whole 16-byte pieces.
__device__ inline bool in_pieces(const GemmArgs& p, int columns) {
  return columns % 8 == 0 && aligned_16(p.dst, p.dst_stride) && aligned_16(p.residual, p.residual_stride) &&
         aligned_16(p.sample_bias, p.sample_bias_stride);
}

// Columns `column` (even) and the next, zero from `end` on.
__device__ inline float2 pair_at(const float* row, int column, int end, bool pieces) {
  if (column >= end) return {0, 0};
  if (pieces) return *reinterpret_cast<const float2*>(row + column);
  return {row[column], column + 1 < end ? row[column + 1] : 0.0f};
}
__device__ inline float2 pair_at(const __half* row, int column, int end, bool pieces) {
  if (column >= end) return {0, 0};
  if (pieces) return __half22float2(*reinterpret_cast<const __half2*>(row + column));
  return {__half2float(row[column]), column + 1 < end ? __half2float(row[column + 1]) : 0.0f};
}

// One thread's sums of kTiles neighbouring 16x8 tiles, laid out as mma.h says: rows `row` and row + 8,
// columns `column`, column + 1 and every eighth on. `staged` is this thread's place in the finished tile.
template <int kTiles>
__device__ void finish(const GemmArgs& p, float (&sums)[kTiles][4], int row, int column, __half* staged,
                       int staged_stride) {
  const bool gated = p.activation == Activation::kGeglu;
  const int columns = gated ? p.columns / 2 : p.columns;
  const bool pieces = in_pieces(p, columns);
  if (p.bias != nullptr) {
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
      const int at = column + (gated ? n / 2 : n) * 8;
      const float* bias = gated && n % 2 == 1 ? p.bias + columns : p.bias;
      const float2 pair = pair_at(bias, at, columns, pieces);
      sums[n][0] += pair.x, sums[n][1] += pair.y, sums[n][2] += pair.x, sums[n][3] += pair.y;
    }
  }
  if (p.sample_bias != nullptr) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int sample = min(row + 8 * half, p.rows - 1) / p.out_pixels;
      const __half* bias = p.sample_bias + sample * p.sample_bias_stride;
#pragma unroll
      for (int n = 0; n < kTiles; ++n) {
        const float2 pair = pair_at(bias, column + n * 8, columns, pieces);
        sums[n][2 * half] += pair.x, sums[n][2 * half + 1] += pair.y;
      }
    }
  }
  if (gated) {
#pragma unroll
    for (int n = 0; n < kTiles / 2; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[n][i] = sums[2 * n][i] * gelu(sums[2 * n + 1][i]);
    }
  } else if (p.activation != Activation::kNone) {
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[n][i] = activated(sums[n][i], p.activation);
    }
  }
  if (p.residual != nullptr) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      if (row + 8 * half >= p.rows) continue;
      const __half* residual = p.residual + (row + 8 * half) * p.residual_stride;
#pragma unroll
      for (int n = 0; n < kTiles; ++n) {
        if (gated && n >= kTiles / 2) break;
        const float2 pair = pair_at(residual, column + n * 8, columns, pieces);
        sums[n][2 * half] += pair.x, sums[n][2 * half + 1] += pair.y;
      }
    }
  }
#pragma unroll
  for (int n = 0; n < kTiles; ++n) {
    if (gated && n >= kTiles / 2) break;
    *reinterpret_cast<uint32_t*>(staged + n * 8) = pack_halves(sums[n][0], sums[n][1]);
    *reinterpret_cast<uint32_t*>(staged + 8 * staged_stride + n * 8) = pack_halves(sums[n][2], sums[n][3]);
  }
}

// The finished tile [Tile::kRows][kColumns of Tile::kStagedStride] to memory, by the whole block.
template <class Tile, int kColumns>
__device__ void store_tile(const GemmArgs& p, const __half* staged, int first_row, int first_column,
                           int columns) {
  constexpr int kChunks = kColumns / 8;
  const bool pieces = in_pieces(p, columns);
#pragma unroll 4
  for (int item = static_cast<int>(threadIdx.x); item < Tile::kRows * kChunks; item += Tile::kThreads) {
    const int row = item / kChunks, column = first_column + item % kChunks * 8;
    if (first_row + row >= p.rows || column >= columns) continue;
    const __half* from = staged + row * Tile::kStagedStride + item % kChunks * 8;
    __half* to = p.dst + (first_row + row) * p.dst_stride + column;
    if (pieces) {
      *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(from);
    } else {
      for (int i = 0; i < min(8, columns - column); ++i) to[i] = from[i];
    }
  }
}

// first_row and first_column are those of the tile, in the product.
template <class Tile>
__device__ void store_tile(const GemmArgs& p, const __half* staged, int first_row, int first_column) {
  if (p.activation == Activation::kGeglu) {
    store_tile<Tile, Tile::kColumns / 2>(p, staged, first_row, first_column / 2, p.columns / 2);
  } else {
    store_tile<Tile, Tile::kColumns>(p, staged, first_row, first_column, p.columns);
  }
}

}  // namespace ltw::cuda
