// Which tile of the output one block computes. Every tile adds along the depth in the same order, so the
// choice changes the speed and never a bit of the result. No CUDA here: it is tested where there is no GPU.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ltw {

enum class GemmKernel { kMma, kWgmma };  // mma.sync from compute capability 8.0 on, wgmma on 9.0 alone

struct GemmTileShape {
  int rows, columns;  // of the output
  int stages;         // depth steps of 64 in flight
  int threads;
  int blocks_per_multiprocessor;
  // Measured on an H100, in microseconds: a depth step of a block whose multiprocessor has others to do, and
  // of one that has it for itself; what a block takes beside its steps.
  double shared_step, lone_step, ends;

  int shared_bytes() const;
};

const std::vector<GemmTileShape>& gemm_tiles(GemmKernel kernel);

// Of one product: output rows and columns, and what is added up.
struct GemmSize {
  int64_t rows, columns, depth;
};

struct GemmTileChoice {
  int tile;                           // index into gemm_tiles()
  std::vector<std::string> rejected;  // why not, for every other tile
};

// On a device with `multiprocessors`, each with `shared_bytes` for one block.
GemmTileChoice choose_gemm_tile(GemmKernel kernel, const GemmSize& size, int multiprocessors,
                                int shared_bytes);

}  // namespace ltw
