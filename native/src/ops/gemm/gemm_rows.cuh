// The matrix product of plain rows in more tiles than multiprocessors (sm_90a): gemm_tma.cuh's, but a tile is
// stored, and what is added to it brought, while the next one is multiplied.
#pragma once

#include "ops/gemm/gemm_boxes.cuh"

namespace ltw::cuda {

template <class Tile>
struct RowsTile : Tile {
  static constexpr int kBoxes = Tile::kStages * Tile::kStageBytes;
  static constexpr int kBarriers = kBoxes + Tile::kGroups * boxes_bytes(Tile::kColumns);
  static constexpr int kSharedBytes = kBarriers + 2 * Tile::kStages * 8;
};

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// The whole of such a kernel: finish(boxes, sums, ring, at, group, warp) multiplies a tile and fills
// boxes with it, which are carried as `g` says.
template <class Tile, class Boxes, class Gemm, class Finish>
__device__ void walk_rows(const TmaGemm& tma, const Gemm& g, const Finish& finish) {
  extern __shared__ __align__(1024) unsigned char memory[];
  const Ring<Tile> ring{shared_address(memory)};
  const int thread = static_cast<int>(threadIdx.x), group = own_group(), warp = thread / 32 % 4;
  const auto boxes_of = [&](int of) { return Boxes(ring.memory + Tile::kBoxes, of); };
  if (thread == 0) {
    for (int i = 0; i < Tile::kGroups; ++i) boxes_of(i).init();
    ring.init();
  }
  __syncthreads();
  const TileWalk<Tile> walk(tma);
  if (group == Tile::kGroups) {
    fewer_registers<40>();
    if (thread % 128 == 0) load_tiles(tma, walk, ring);
    const int carried = warp - 2;  // group
    if (carried >= 0 && thread % 32 == 0) {
      auto boxes = boxes_of(carried);
      wait_for_earlier_kernels();
      for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
        const TilePlace place = walk.place(tile);
        for (int m = 0; m < Tile::kM; ++m) {
          boxes.carry(g, place.row + carried * Tile::kGroupRows + m * 64, place.column);
        }
      }
    }
  } else {  // touches no memory but the block's
    more_registers<232>();
    auto boxes = boxes_of(group);
    RingPlace<Tile> at;
    GroupSums<Tile> sums;
    for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
      finish(boxes, sums, ring, at, group, warp);
    }
  }
}

#endif

template <class Tile, GemmFinish kFinish>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_rows(const __grid_constant__ BoxedGemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  walk_rows<Tile, Boxes<Tile::kColumns, kFinish>>(
      g.tma, g, [&](auto& boxes, auto& sums, const auto& ring, auto& at, int group, int warp) {
        // A tall tile's second rows wait until the first are stored, which a depth of 12 steps makes up for.
        multiply<Tile>(sums, g.tma.steps, ring, at, group);
#pragma unroll
        for (int m = 0; m < Tile::kM; ++m) boxes.fill(g.tma.gemm, boxes, sums[m], warp);
      });
#endif
}

}  // namespace ltw::cuda
