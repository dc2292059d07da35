// The matrix product on mma.sync (compute capability 8.0 and up): a ring of cp.async stages, each warp a
// kWarpRows x kWarpColumns part of the block's tile in registers.
#pragma once

#include "ops/device/mma.h"
#include "ops/gemm/gemm_epilogue.cuh"
#include "ops/gemm/gemm_source.cuh"

namespace ltw::cuda {

template <int kRows_, int kColumns_, int kStages_, int kBlocks_>
struct MmaTile {
  static constexpr int kRows = kRows_, kColumns = kColumns_, kStages = kStages_, kBlocks = kBlocks_;
  static constexpr int kDepth = 64;
  static constexpr int kThreads = 128;
  static constexpr int kRowStep = kThreads / 8;  // a row's 64 halves are copied by 8 threads
  static constexpr int kWarpRows = kRows / 2, kWarpColumns = kColumns / 2;
  static constexpr int kStageBytes = (kRows + kColumns) * kDepth * 2;
  static constexpr int kStagedStride = kColumns + 8;  // floats; rows start 8 banks apart
};

template <class Tile, bool kAligned>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    gemm_mma(const __grid_constant__ GemmArgs p) {
  constexpr int kM = Tile::kWarpRows / 16, kN = Tile::kWarpColumns / 16;
  extern __shared__ __align__(128) unsigned char memory[];
  Window* windows = reinterpret_cast<Window*>(memory);  // [kRows]
  unsigned char* ring = memory + Tile::kRows * sizeof(Window);

  const int column_tiles = (p.columns + Tile::kColumns - 1) / Tile::kColumns;
  const int first_column = static_cast<int>(blockIdx.x) % column_tiles * Tile::kColumns;
  const int first_row = static_cast<int>(blockIdx.x) / column_tiles * Tile::kRows;
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kRows; i += Tile::kThreads) {
    windows[i] = window_of(p, first_row + i);
  }
  __syncthreads();

  PixelSource<Tile, kAligned> pixels(p, windows);
  WeightSource<Tile> weights(p, first_column);
  const uint32_t ring_address = shared_address(ring);
  const int steps = (p.depth + Tile::kDepth - 1) / Tile::kDepth;
  const auto copy_step = [&](int step) {
    if (step < steps) {
      const uint32_t slot = ring_address + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
      pixels.copy(p, slot);
      weights.copy(p, slot + Tile::kRows * 128);
    }
    commit_copies();  // empty groups keep the count right
  };
  for (int step = 0; step < Tile::kStages - 1; ++step) copy_step(step);

  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int warp_row = warp / 2 * Tile::kWarpRows, warp_column = warp % 2 * Tile::kWarpColumns;
  // ldmatrix order: rows 0-7, 8-15 then chunks 0, 1 of the pixels; chunks 0, 1 then columns 0-7, 8-15 of the
  // weights. Along the depth a chunk's address changes by an exclusive or.
  const uint32_t a_lane = swizzled(warp_row + lane % 16, lane / 16);
  const uint32_t b_lane = swizzled(Tile::kRows + warp_column + lane % 8 + lane / 16 * 8, lane / 8 % 2);

  float sums[kM][2 * kN][4] = {};
  for (int step = 0; step < steps; ++step) {
    wait_for_copies<Tile::kStages - 2>();
    __syncthreads();  // this step has arrived, and everyone is done with the slot that is filled next
    copy_step(step + Tile::kStages - 1);
    const uint32_t slot = ring_address + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
#pragma unroll
    for (int k = 0; k < Tile::kDepth / 16; ++k) {
      uint32_t a[kM][4];
#pragma unroll
      for (int m = 0; m < kM; ++m) load_matrices(a[m], slot + ((a_lane ^ (k << 5)) + m * 16 * 128));
#pragma unroll
      for (int n = 0; n < kN; ++n) {
        uint32_t b[4];
        load_matrices(b, slot + ((b_lane ^ (k << 5)) + n * 16 * 128));
#pragma unroll
        for (int m = 0; m < kM; ++m) {
          multiply_add(sums[m][2 * n], a[m], b[0], b[1]);
          multiply_add(sums[m][2 * n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }

  wait_for_copies<0>();
  __syncthreads();
  float* staged = reinterpret_cast<float*>(ring);
#pragma unroll
  for (int m = 0; m < kM; ++m) {
#pragma unroll
    for (int n = 0; n < 2 * kN; ++n) {
      float* at =
          staged + (warp_row + m * 16 + lane / 4) * Tile::kStagedStride + warp_column + n * 8 + lane % 4 * 2;
      *reinterpret_cast<float2*>(at) = {sums[m][n][0], sums[m][n][1]};
      *reinterpret_cast<float2*>(at + 8 * Tile::kStagedStride) = {sums[m][n][2], sums[m][n][3]};
    }
  }
  __syncthreads();
  store_tile<Tile>(p, staged, first_row, first_column);
}

}  // namespace ltw::cuda
