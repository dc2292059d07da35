// The matrix product on mma.sync (compute capability 8.0 and up): a ring of cp.async stages; four warps, each
// with a quarter of the block's tile in registers.
#pragma once

#include "ops/gemm/gemm_block.cuh"

namespace ltw::cuda {

template <class Tile, bool kAligned>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    gemm_mma(const __grid_constant__ GemmArgs p) {
  constexpr int kWarpRows = Tile::kRows / 2, kWarpColumns = Tile::kColumns / 2;
  constexpr int kM = kWarpRows / 16, kN = kWarpColumns / 16;
  extern __shared__ __align__(1024) unsigned char memory[];
  const auto [first_row, first_column] = block_place<Tile>(p);
  const Window* windows = fill_windows<Tile>(p, first_row, memory);
  __syncthreads();

  PixelSource<Tile, kAligned> pixels(p, windows);
  WeightSource<Tile> weights(p, first_column);
  const uint32_t ring = shared_address(memory);
  const int steps = (p.depth + Tile::kDepth - 1) / Tile::kDepth;
  const auto slot_of = [&](int step) {
    return ring + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
  };
  // Part k of kParts of a step's copies: issued between the products, they do not hold the tensor cores up.
  const auto copy_part = [&](int step, auto k, auto parts) {
    if (step < steps) {
      pixels.template copy<k, parts>(p, slot_of(step));
      weights.template copy<k, parts>(p, slot_of(step) + Tile::kRows * 128);
    }
    if (k == parts - 1) commit_copies();  // empty groups keep the count right
  };
  for (int step = 0; step < Tile::kStages - 1; ++step) copy_part(step, Constant<0>(), Constant<1>());

  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int warp_row = warp / 2 * kWarpRows, warp_column = warp % 2 * kWarpColumns;
  // ldmatrix order: rows 0-7, 8-15 then chunks 0, 1 of the pixels; chunks 0, 1 then columns 0-7, 8-15 of the
  // weights. Along the depth a chunk's address changes by an exclusive or.
  const uint32_t a_lane = swizzled(warp_row + lane % 16, lane / 16);
  const uint32_t b_lane = swizzled(Tile::kRows + warp_column + lane % 8 + lane / 16 * 8, lane / 8 % 2);

  float sums[kM][2 * kN][4] = {};
  for (int step = 0; step < steps; ++step) {
    wait_for_copies<Tile::kStages - 2>();
    __syncthreads();  // this step has arrived, and everyone is done with the slot that is filled next
    const uint32_t slot = slot_of(step);
    const auto multiply = [&](auto k) {
      uint32_t a[kM][4];
#pragma unroll
      for (int m = 0; m < kM; ++m) load_matrices(a[m], slot + ((a_lane ^ (k << 5)) + m * 16 * 128));
      copy_part(step + Tile::kStages - 1, k, Constant<4>());
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
    };
    multiply(Constant<0>());
    multiply(Constant<1>());
    multiply(Constant<2>());
    multiply(Constant<3>());
  }

  wait_for_copies<0>();
  __syncthreads();
  __half* staged = reinterpret_cast<__half*>(memory);
  const int gated = p.activation == Activation::kGeglu ? 2 : 1;  // columns of the product per output column
  const int column = warp_column / gated + lane % 4 * 2;
#pragma unroll
  for (int m = 0; m < kM; ++m) {
    const int row = warp_row + m * 16 + lane / 4;
    finish(p, sums[m], first_row + row, first_column / gated + column,
           staged + row * Tile::kStagedStride + column, Tile::kStagedStride);
  }
  __syncthreads();
  store_tile<Tile>(p, staged, first_row, first_column);
}

}  // namespace ltw::cuda
