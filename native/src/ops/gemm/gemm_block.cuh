// What every kernel of the family shares: the tile's measures and the block's place in the output.
#pragma once

#include "ops/gemm/gemm_epilogue.cuh"
#include "ops/gemm/gemm_source.cuh"

namespace ltw::cuda {

template <int kRows_, int kColumns_, int kStages_, int kThreads_, int kBlocks_>
struct GemmTile {
  static constexpr int kRows = kRows_, kColumns = kColumns_, kStages = kStages_;
  static constexpr int kThreads = kThreads_, kBlocks = kBlocks_;
  static constexpr int kDepth = 64;
  static constexpr int kRowStep = kThreads / 8;  // a row's 64 halves are copied by 8 threads
  static constexpr int kStageBytes = (kRows + kColumns) * kDepth * 2;
  static constexpr int kStagedStride = kColumns + 8;  // halves; eight rows' words fall into different banks
  static_assert(kRows * kStagedStride * 2 <= kStages * kStageBytes, "the finished tile reuses the ring");
};

struct BlockPlace {
  int first_row, first_column;
};

// Column tiles of one row tile are neighbours: they read the same pixels while those are in the L2 cache.
template <class Tile>
__device__ inline BlockPlace block_place(const GemmArgs& p) {
  const int column_tiles = (p.columns + Tile::kColumns - 1) / Tile::kColumns;
  const int block = static_cast<int>(blockIdx.x);
  return {block / column_tiles * Tile::kRows, block % column_tiles * Tile::kColumns};
}

// Fills the table behind the ring; the block must synchronise before it is read.
template <class Tile>
__device__ inline const Window* fill_windows(const GemmArgs& p, int first_row, unsigned char* memory) {
  Window* windows = reinterpret_cast<Window*>(memory + Tile::kStages * Tile::kStageBytes);
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kRows; i += Tile::kThreads) {
    windows[i] = window_of(p, first_row + i);
  }
  return windows;
}

}  // namespace ltw::cuda
