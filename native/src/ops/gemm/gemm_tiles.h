// Which tile of the output one block computes. Every tile adds along the depth in the same order, so the
// choice changes the speed and never a bit of the result. No CUDA here: it is tested where there is no GPU.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ltw {

struct GemmTileShape {
  int rows, columns;  // of the output
  int stages;         // depth steps of 64 in flight
  int threads;
  int blocks_per_multiprocessor;
  double
      efficiency;  // of the tensor cores' rate that a full multiprocessor reaches, relative to the best tile

  int shared_bytes() const;
};

constexpr int kGemmDepthStep = 64;

enum class GemmTileName { k128x160, k128x128, k64x64 };
const std::vector<GemmTileShape>& gemm_tiles();  // in the order of GemmTileName

struct GemmTileChoice {
  GemmTileName tile;
  std::vector<std::string> rejected;  // why not, for every other tile
};

// For `rows` x `columns` on a device with `multiprocessors`, each with `shared_bytes` for one block.
GemmTileChoice choose_gemm_tile(int64_t rows, int64_t columns, int multiprocessors, int shared_bytes);

}  // namespace ltw
