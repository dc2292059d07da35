// The matrix product on Hopper's wgmma (sm_90a alone): each group of four warps multiplies 64 rows by all the
// tile's columns straight from shared memory. Its 128-byte swizzle is the one that the ring has anyway, so
// the copies are those of gemm_mma.
#pragma once

#include "ops/device/wgmma.h"
#include "ops/gemm/gemm_block.cuh"

namespace ltw::cuda {

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    gemm_wgmma(const __grid_constant__ GemmArgs p) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  static_assert(Tile::kRows / 64 * 128 == Tile::kThreads && Tile::kStages >= 3);
  extern __shared__ __align__(1024) unsigned char memory[];
  const auto [first_row, first_column] = block_place<Tile>(p);
  const Window* windows = fill_windows<Tile>(p, first_row, memory);
  __syncthreads();

  PixelSource<Tile, true> pixels(p, windows);
  WeightSource<Tile> weights(p, first_column);
  const uint32_t ring = shared_address(memory);
  const int steps = (p.depth + Tile::kDepth - 1) / Tile::kDepth;
  const auto slot_of = [&](int step) {
    return ring + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
  };
  const auto copy_step = [&](int step) {
    if (step < steps) {
      pixels.template copy<0, 1>(p, slot_of(step));
      weights.template copy<0, 1>(p, slot_of(step) + Tile::kRows * 128);
    }
    commit_copies();  // empty groups keep the count right
  };
  // Blocks that share a multiprocessor fill each other's gaps and finish their products in every step; a
  // block on its own starts the next ones first, which costs it a stage: the last products still read theirs.
  constexpr int kPending = Tile::kBlocks > 1 ? 0 : 1, kAhead = Tile::kStages - 1 - kPending;
  for (int step = 0; step < kAhead; ++step) copy_step(step);

  const int group = static_cast<int>(threadIdx.x) / 128;
  float sums[Tile::kColumns / 8][4] = {};
  for (int step = 0; step < steps; ++step) {
    wait_for_copies<kAhead - 1>();
    wgmma_sees_shared();
    __syncthreads();  // this step has arrived, and the slot that is filled next is done with
    const uint32_t slot = slot_of(step);
    wgmma_begin(sums);
#pragma unroll
    for (int k = 0; k < Tile::kDepth / 16; ++k) {
      wgmma_multiply_add(sums, wgmma_matrix(slot + group * 64 * 128 + k * 32),
                         wgmma_matrix(slot + Tile::kRows * 128 + k * 32));
    }
    wgmma_commit();
    copy_step(step + kAhead);
    wgmma_wait<kPending>(sums);
  }
  wgmma_wait<0>(sums);
  wait_for_copies<0>();
  __syncthreads();

  __half* staged = reinterpret_cast<__half*>(memory);
  const int gated = p.activation == Activation::kGeglu ? 2 : 1;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int row = static_cast<int>(threadIdx.x) / 32 * 16 + lane / 4, column = lane % 4 * 2;
  finish(p, sums, first_row + row, first_column / gated + column, staged + row * Tile::kStagedStride + column,
         Tile::kStagedStride);
  __syncthreads();
  store_tile<Tile>(p, staged, first_row, first_column);
#endif
}

}  // namespace ltw::cuda
