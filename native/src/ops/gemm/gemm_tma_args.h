// The product's arguments as the kernels on the copy engine take them.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/gemm/gemm_tiles.h"
#include "ops/gemm/tensor_map.h"

namespace ltw::cuda {

struct TmaGemm {
  CUtensorMap src;     // boxes of `box_rows` pixels
  CUtensorMap weight;  // boxes of the tile's columns
  CUtensorMap term_src[GemmArgs::kMostTerms], term_weight[GemmArgs::kMostTerms];
  GemmArgs gemm;  // of one phase
  bool windows;   // src is a window_map; else plain rows
  // An image seen at twice its size is four products, one for each of the four pixels that a source pixel
  // becomes: within a phase (2 * dy + dx) windows move by whole source pixels and cover 2x2 of them, with
  // the phase's own weights. Else there is one phase.
  int phases;
  uint32_t width_multiplier, width_shift;  // divide by out_width, see line_of()
  int steps, parts;                        // of the depth, see GemmSize
};

// Plain rows whose tiles leave in boxes (gemm_boxes.cuh).
struct BoxedGemm {
  TmaGemm tma;
  CUtensorMap dst;  // boxes of 64 rows and piece_columns(); of single bytes all of a tile's columns, in pairs
  CUtensorMap residual;  // as dst
  CUtensorMap bias;      // a column_map()
};

// Whether the copy engine can read the operands and whole pieces of 16 bytes make up the output: a matter of
// the layer, never of the batch.
bool fits_tma(const GemmArgs& args);

// For the choice of a tile: of float16, or of e4m3 in pairs. In one part.
GemmSize tma_size(const GemmArgs& args);

TmaGemm tma_gemm(const GemmArgs& args, int box_rows, int columns);
// Of a number for each column: boxes of a tile's columns; for GEGLU rows of values' and of gates'.
CUtensorMap column_map(const float* data, const GemmArgs& args, int columns);
// `out_bytes`: of an element of dst.
BoxedGemm boxed_gemm(const TmaGemm& g, int columns, int out_bytes = 2);

#ifdef __CUDACC__
// row / out_width.
__device__ inline int line_of(const TmaGemm& g, int row) {
  if (g.gemm.out_width == 1) return row;
  return static_cast<int>(__umulhi(static_cast<uint32_t>(row), g.width_multiplier) >> g.width_shift);
}

// Row of the output for `row` of a phase: lines of all samples follow each other.
__device__ inline int64_t output_row(const TmaGemm& g, int phase, int row) {
  if (g.phases == 1) return row;
  const int width = g.gemm.out_width, line = line_of(g, row), x = row - line * width;
  return static_cast<int64_t>(2 * line + phase / 2) * (2 * width) + 2 * x + phase % 2;
}
#endif

}  // namespace ltw::cuda
