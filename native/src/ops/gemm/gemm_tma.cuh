// The matrix product of Hopper (sm_90a): one thread does nothing but have the copy engine fill a ring, two
// groups of four warps multiply from it. As many blocks as multiprocessors walk the tiles; a tile's first
// loads run while the tile before it is stored.
#pragma once

#include "ops/gemm/gemm_tall.cuh"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

template <class Tile>
__device__ void add(GroupSums<Tile>& sums, const GroupSums<Tile>& part, bool first) {
#pragma unroll
  for (int m = 0; m < Tile::kM; ++m) {
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        sums[m][n][i] = first ? part[m][n][i] : sums[m][n][i] + part[m][n][i];
      }
    }
  }
}

// One group of four warps: products and what follows them. kParts: the depth's parts are summed from zero
// each and added as a whole, which are the additions of gemm_spread.
template <class Tile, GemmFinish kFinish, bool kParts>
__device__ void compute(const TmaGemm& g, const TileWalk<Tile>& walk, const Ring<Tile>& ring, int group,
                        int warp) {
  RingPlace<Tile> at;
  GroupSums<Tile> sums;
  for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
    const TilePlace place = walk.place(tile);
    const int row = place.row + group * Tile::kGroupRows + warp % 4 * 16;
    const auto finish_of = [&] {
      return RowFinish<Tile, kFinish>(g, place.phase, row, place.column, ring.piece(warp));
    };
    // What finish() needs is requested before the products where registers are left to hold it.
    if constexpr (kParts) {
      // One loop with one place for the products: with two the compiler waits after each (C7515).
      for (int i = 0; i < g.parts; ++i) {
        GroupSums<Tile> part;
        multiply<Tile>(part, part_begin(g, i + 1) - part_begin(g, i), ring, at, group);
        add<Tile>(sums, part, i == 0);
      }
      finish_of()(sums[0]);
    } else if constexpr (Tile::kM > 1) {
      multiply<Tile>(sums, g.steps, ring, at, group);
      TallFinish<Tile>(g, place, row, ring.piece(warp))(sums);
    } else {
      auto finish = finish_of();
      multiply<Tile>(sums, g.steps, ring, at, group);
      finish(sums[0]);
    }
  }
}

#endif

template <class Tile, GemmFinish kFinish, bool kParts>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_tma(const __grid_constant__ TmaGemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ __align__(1024) unsigned char memory[];
  const Ring<Tile> ring{shared_address(memory)};
  const int thread = static_cast<int>(threadIdx.x), group = own_group();
  if (thread == 0) ring.init();
  __syncthreads();
  const TileWalk<Tile> walk(g);
  if (group == Tile::kGroups) {
    fewer_registers<40>();
    if (thread % 128 == 0) load_tiles(g, walk, ring);
  } else {
    more_registers<232>();
    wait_for_earlier_kernels();
    compute<Tile, kFinish, kParts>(g, walk, ring, group, thread / 32);
  }
#endif
}

}  // namespace ltw::cuda
