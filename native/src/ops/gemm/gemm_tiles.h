// Which kernel and which tile of the output one block computes. Every tile of a family adds along the depth
// in the same order, so the choice changes the speed and never a bit of the result. No CUDA here: it is
// tested where there is no GPU.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ltw {

// mma.sync from compute capability 8.0 on; the copy engine and wgmma on 9.0 alone, for float16 and for e4m3.
enum class GemmFamily { kMma, kTma, kE4M3 };

enum class GemmSchedule {
  kBlocks,    // a block a tile
  kWalk,      // as many blocks as multiprocessors, which walk the tiles
  kSpread,    // a cluster of blocks a tile, each with a part of the depth
  kRows,      // kWalk with boxes: a tile is stored while the next one is multiplied
  kResident,  // the same by blocks that keep their columns' weights and walk the rows
};

// Whose weights of 160 columns a block can keep.
constexpr int kResidentSteps = 5;

// Of a tile's columns, as many as are finished or stored together: what the copy engine swizzles.
constexpr int piece_columns(int columns) { return columns % 64 == 0 ? 64 : columns % 32 == 0 ? 32 : 16; }

// Of shared memory, for the boxes of a group's 64 rows: themselves, then whole kilobytes, because boxes begin
// at multiples of one, for what belongs to columns and the barriers.
constexpr int kBesideBoxes = 2048;
constexpr int boxes_bytes(int columns) { return 64 * columns * 2 + kBesideBoxes; }

// What follows the sums; the kernels of the copy engine are compiled for one of them each.
enum class GemmFinish { kPlain, kActivated, kGated };

// Of a depth, as the kernels for float16 take it.
constexpr int64_t gemm_steps(int64_t depth) { return (depth + 63) / 64; }

// One product: output rows and columns, steps of 64 (128 of e4m3) to be added, in how many parts.
struct GemmSize {
  int64_t rows, columns, steps;
  int parts = 1;
  GemmFinish finish = GemmFinish::kPlain;
  bool plain_rows = false;     // of a linear layer: no windows, no terms, no sample's bias
  bool in_boxes = plain_rows;  // whether the family's kernels can leave it in boxes, see kRows
  bool residual = false;
  bool even_bias = true;  // whether 128 rows have the same sample's bias, or none
};

struct GemmTileShape {
  GemmSchedule schedule;
  int rows, columns;  // of the output
  int stages;         // depth steps in flight
  int blocks_per_multiprocessor;
  // Measured on an H100, in microseconds: a depth step of a block whose multiprocessor has others to do, and
  // of one that has it for itself; what a tile takes beside its steps.
  double shared_step, lone_step, ends;
  std::vector<GemmFinish> finishes;
  bool parts;  // whether it adds the depth in parts

  bool computes(const GemmSize& size, int multiprocessors) const;
};

const std::vector<GemmTileShape>& gemm_tiles(GemmFamily family);
// Of a block, in all.
int gemm_shared_bytes(GemmFamily family, const GemmTileShape& tile);

// In how many parts the depth is added: each from zero, then one after the other as a whole. It shows in the
// bits and so belongs to the layer, whose output has `sample_rows` rows a sample: the parts are what blocks
// can share when two samples alone would leave most of an H100 idle.
int gemm_parts(int64_t sample_rows, int64_t columns, int64_t steps);

struct GemmTileChoice {
  int tile;                           // index into gemm_tiles()
  std::vector<std::string> rejected;  // why not, for every other tile
};

// On a device with `multiprocessors`, each with `shared_limit` bytes for one block.
GemmTileChoice choose_gemm_tile(GemmFamily family, const GemmSize& size, int multiprocessors,
                                int shared_limit);

}  // namespace ltw
