// Which tiles a block computes, and in which order: blocks are as many as the device runs at once and walk
// the output together.
#pragma once

#include "ops/gemm/gemm_tma_args.h"

namespace ltw::cuda {

struct TilePlace {
  int phase;        // of an upsampled image, see TmaGemm
  int row, column;  // the first ones, within the phase
};

// Column tiles of one row tile are neighbours: they read the same pixels while those are in the L2 cache.
// (Walking rows and columns in squares lost 2 to 8 % on the UNet's shapes.)
template <class Tile>
class TileWalk {
 public:
  __device__ explicit TileWalk(const TmaGemm& g)
      : rows_((g.gemm.rows + Tile::kRows - 1) / Tile::kRows),
        columns_((g.gemm.columns + Tile::kColumns - 1) / Tile::kColumns),
        count_(g.phases * rows_ * columns_) {}

  // This block's tiles: for (int tile = walk.first(); tile < walk.count(); tile += walk.step()).
  __device__ static int first() { return static_cast<int>(blockIdx.x); }
  __device__ static int step() { return static_cast<int>(gridDim.x); }
  __device__ int count() const { return count_; }

  __device__ TilePlace place(int tile) const {
    const int row = tile / columns_;
    return {row / rows_, row % rows_ * Tile::kRows, tile % columns_ * Tile::kColumns};
  }

 private:
  int rows_, columns_, count_;
};

}  // namespace ltw::cuda
