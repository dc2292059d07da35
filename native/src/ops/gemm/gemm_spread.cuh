// The matrix product for few rows and a great depth (sm_90a): the blocks of a cluster compute the same tile
// of the output, each over one part of the depth. Then each adds the parts, in their order, in some of the
// columns.
#pragma once

#include "ops/device/cluster.h"
#include "ops/device/launch_order.h"
#include "ops/gemm/gemm_finish.cuh"

namespace ltw::cuda {

// A quarter of the tile's columns as a tile of its own, for what follows the sums.
template <class Tile>
struct SpreadColumns : Tile {
  static constexpr int kN = Tile::kN / 5;
  static_assert(Tile::kN % 5 == 0 && kN % 2 == 0);
};

// As many blocks a tile as g.parts: the cluster.
template <class Tile, GemmFinish kFinish>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_spread(const __grid_constant__ TmaGemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  static_assert(Tile::kM == 1);
  constexpr int kSummers = Tile::kGroups * 128;
  static_assert(Tile::kN * kSummers * 16 <= Tile::kPieces, "the sums reuse the ring");
  extern __shared__ __align__(1024) unsigned char memory[];
  const Ring<Tile> ring{shared_address(memory)};
  const int thread = static_cast<int>(threadIdx.x), group = own_group(), rank = cluster_rank();
  if (thread == 0) ring.init();
  __syncthreads();
  const TilePlace place = TileWalk<Tile>(g).place(static_cast<int>(blockIdx.x) / g.parts);
  const int begin = part_begin(g, rank), end = part_begin(g, rank + 1);
  float4* const mine = reinterpret_cast<float4*>(memory) + thread;  // a summing thread's, kSummers apart
  RingPlace<Tile> at;
  if (group == Tile::kGroups) {
    if (thread % 128 == 0) {
      const int loaded = load_first_weights(g, place, begin, end, ring);
      wait_for_earlier_kernels();
      load_tile(g, place, begin, end, ring, at, loaded);
    }
    __syncwarp();
  } else {
    wait_for_earlier_kernels();
    GroupSums<Tile> sums;
    multiply<Tile>(sums, end - begin, ring, at, group);
    group_sync(1);  // both groups are done with the ring
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) {
      mine[n * kSummers] = {sums[0][n][0], sums[0][n][1], sums[0][n][2], sums[0][n][3]};
    }
  }
  cluster_sync();
  if (group < Tile::kGroups) {
    using Columns = SpreadColumns<Tile>;
    for (int first = rank * Columns::kN; first < Tile::kN; first += g.parts * Columns::kN) {
      RowFinish<Columns, kFinish> finish(g, place.phase, place.row + thread / 32 * 16,
                                         place.column + first * 8, ring.piece(thread / 32));
      float sums[Columns::kN][4];
#pragma unroll 4
      for (int part = 0; part < g.parts; ++part) {
#pragma unroll
        for (int n = 0; n < Columns::kN; ++n) {
          const float4 more = read_from_block(mine + (first + n) * kSummers, part);
          sums[n][0] = part == 0 ? more.x : sums[n][0] + more.x;
          sums[n][1] = part == 0 ? more.y : sums[n][1] + more.y;
          sums[n][2] = part == 0 ? more.z : sums[n][2] + more.z;
          sums[n][3] = part == 0 ? more.w : sums[n][3] + more.w;
        }
      }
      finish(sums);
    }
  }
  cluster_sync();  // the others have read this block's sums
#endif
}

}  // namespace ltw::cuda
