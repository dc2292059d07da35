// What follows the sums: they are laid out in shared memory as float32, so that each thread gets 8
// neighbouring columns of a row and everything after is done once, in float32, and stored as 16 bytes.
#pragma once

#include "ops/device/activation.h"
#include "ops/device/vec.h"
#include "ops/gemm/gemm.h"

namespace ltw::cuda {

// Everything but GEGLU, which needs two accumulators.
__device__ inline float activate(float x, Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return silu(x);
    case Activation::kGelu:
      return gelu(x);
    case Activation::kQuickGelu:
      return quick_gelu(x);
    default:
      return x;
  }
}

// kWidth output columns from `column` on: 8, or 1 where rows are not made of whole aligned 16-byte chunks.
template <int kWidth>
__device__ inline void finish(const GemmArgs& p, int row, int column, const float* sums, const float* gates) {
  float out[kWidth], extra[kWidth];
  const bool gated = p.activation == Activation::kGeglu;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) out[i] = sums[i];
  if (p.bias != nullptr) {
#pragma unroll
    for (int i = 0; i < kWidth; ++i) out[i] += p.bias[column + i];
  }
  if (p.sample_bias != nullptr) {
    load(extra, p.sample_bias + row / p.out_pixels * p.sample_bias_stride + column);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) out[i] += extra[i];
  }
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    if (gated) {
      const float bias = p.bias != nullptr ? p.bias[p.columns / 2 + column + i] : 0.0f;
      out[i] *= gelu(gates[i] + bias);
    } else {
      out[i] = activate(out[i], p.activation);
    }
  }
  if (p.residual != nullptr) {
    load(extra, p.residual + row * p.residual_stride + column);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) out[i] += extra[i];
  }
  store(p.dst + row * p.dst_stride + column, out);
}

__device__ inline bool aligned_16(const void* pointer, int64_t stride) {
  return reinterpret_cast<uintptr_t>(pointer) % 16 == 0 && stride % 8 == 0;
}

// `staged`: [Tile::kRows][Tile::kColumns + 8] finished sums.
template <class Tile>
__device__ void store_tile(const GemmArgs& p, const float* staged, int first_row, int first_column) {
  const bool gated = p.activation == Activation::kGeglu;
  const int chunk_columns = gated ? 16 : 8;  // sums behind 8 outputs
  const int columns = gated ? p.columns / 2 : p.columns;
  const int chunks = Tile::kColumns / chunk_columns;
  const bool wide = aligned_16(p.dst, p.dst_stride) && aligned_16(p.residual, p.residual_stride) &&
                    aligned_16(p.sample_bias, p.sample_bias_stride);
  for (int item = static_cast<int>(threadIdx.x); item < Tile::kRows * chunks; item += Tile::kThreads) {
    const int row = item / chunks, chunk = item % chunks;
    const int column = (first_column + chunk * chunk_columns) / (gated ? 2 : 1);
    const float* sums = staged + row * Tile::kStagedStride + chunk * chunk_columns;
    if (first_row + row >= p.rows) break;
    if (wide && column + 8 <= columns) {
      finish<8>(p, first_row + row, column, sums, sums + 8);
    } else {
      for (int i = 0; i < min(8, columns - column); ++i) {
        finish<1>(p, first_row + row, column + i, sums + i, sums + 8 + i);
      }
    }
  }
}

}  // namespace ltw::cuda
