// The matrix product for a small depth (sm_90a): a block keeps the weights of its columns in shared memory
// and walks down the rows. Each of two groups of four warps has rows, a ring and boxes of its own; they take
// turns to multiply, so that one finishes its sums while the other multiplies: side by side both would wait
// for the tensor cores, then leave them to nobody. (Three groups have too few registers: 204 us instead of
// 162 for 131072x320>960.)
#pragma once

#include "ops/gemm/gemm_boxes.cuh"

namespace ltw::cuda {

// kStages_: of each group's ring.
template <int kColumns_, int kSteps_, int kStages_>
struct ResidentTile {
  static constexpr int kGroups = 2, kThreads = (kGroups + 1) * 128, kDepth = 64;
  static constexpr int kGroupRows = 64, kRows = kGroups * kGroupRows, kColumns = kColumns_;
  static constexpr int kLoadRows = kGroupRows;
  static constexpr int kSteps = kSteps_, kStages = kStages_, kN = kColumns / 8;
  static constexpr int kSrcBytes = kGroupRows * kDepth * 2, kWeightBytes = kColumns * kDepth * 2;
  static constexpr int kSrc = kSteps * kWeightBytes;
  static constexpr int kBoxes = kSrc + kGroups * kStages * kSrcBytes;
  static constexpr int kBarriers = kBoxes + kGroups * boxes_bytes(kColumns);
  static constexpr int kSharedBytes = kBarriers + (1 + kGroups + 2 * kGroups * kStages) * 8;
  static_assert(kWeightBytes % 1024 == 0);
};

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// What a group of warps and the thread that loads for it share.
template <class Tile>
struct RowRing {
  uint32_t memory;  // of the block
  int group;

  __device__ uint32_t src(int slot) const {
    return memory + static_cast<uint32_t>(Tile::kSrc + (group * Tile::kStages + slot) * Tile::kSrcBytes);
  }
  __device__ uint32_t full(int slot) const {
    return turn(Tile::kGroups) + static_cast<uint32_t>((group * Tile::kStages + slot) * 16);
  }
  __device__ uint32_t empty(int slot) const { return full(slot) + 8; }
  // Passed when it is a group's turn to multiply.
  __device__ uint32_t turn(int of) const {
    return memory + static_cast<uint32_t>(Tile::kBarriers + 8 + of * 8);
  }

  // By every warp of the group.
  __device__ void release(int slot) const {
    if (threadIdx.x % 32 == 0) barrier_arrive(empty(slot));
  }
  __device__ void give_turn() const {
    if (threadIdx.x % 32 == 0) barrier_arrive(turn(Tile::kGroups - 1 - group));
  }
};

template <class Tile>
__device__ uint32_t weight_barrier(uint32_t memory) {
  return memory + static_cast<uint32_t>(Tile::kBarriers);
}

// By one thread.
template <class Tile>
__device__ void load_all_weights(const TmaGemm& g, uint32_t memory, int column) {
  const bool gated = g.gemm.activation == Activation::kGeglu;
  const uint32_t full = weight_barrier<Tile>(memory);
  barrier_expect(full, g.steps * Tile::kWeightBytes);
  for (int step = 0; step < g.steps; ++step) {
    load_box(memory + static_cast<uint32_t>(step * Tile::kWeightBytes), g.weight, full, step * Tile::kDepth,
             0, gated ? 0 : column, gated ? column / 16 : 0);
  }
}

// By one thread: the rows of a group.
template <class Tile>
__device__ void load_rows(const TmaGemm& g, const RowRing<Tile>& ring, int first, int step_rows) {
  RingPlace<Tile> at;
  for (int row = first; row < g.gemm.rows; row += step_rows) {
    for (int step = 0; step < g.steps; ++step) {
      barrier_wait(ring.empty(at.slot), at.parity ^ 1);
      barrier_expect(ring.full(at.slot), Tile::kSrcBytes);
      load_box(ring.src(at.slot), g.src, ring.full(at.slot), step * Tile::kDepth, row);
      at.advance();
    }
  }
}

// A tile's sums, and the turn goes to the other group: multiply() of gemm_ring.cuh where weights stay.
template <class Tile, class Product = MultiplyHalves>
__device__ void multiply(float (&sums)[Tile::kN][4], int steps, const RowRing<Tile>& ring,
                         RingPlace<Tile>& at, const Product& product = {}) {
  const auto products = [&](int step) {
    const uint64_t rows = wgmma_matrix(ring.src(at.slot)),
                   columns = wgmma_matrix(ring.memory + static_cast<uint32_t>(step * Tile::kWeightBytes));
#pragma unroll
    for (int k = 0; k < Tile::kDepth / 16; ++k) {
      product(sums, along(rows, k * 32), along(columns, k * 32), step > 0 || k > 0);
    }
  };
  multiply_steps(sums, steps, ring, at, products, [&] { ring.give_turn(); });
}

// What belongs to a thread's columns: a block's never change, so it stays in registers.
template <class Tile>
class KeptColumns {
 public:
  template <class Boxes>
  __device__ KeptColumns(const GemmArgs& p, const Boxes& boxes) {
    boxes.wait();
#pragma unroll
    for (int n = 0; n < Tile::kN; ++n) bias_[n] = p.bias == nullptr ? float2{} : boxes.bias_of(n);
  }

  __device__ float2 bias_of(int n) const { return bias_[n]; }

 private:
  float2 bias_[Tile::kN];
};

// The whole of such a kernel: finish(boxes, columns, sums, ring, at, warp) multiplies a tile and fills boxes
// with it, which are carried as `boxed` says; `columns` are Columns of the block. Blocks of one column tile
// share the rows; blocks of the same rows run side by side, so that these are read from memory once. The grid
// is a multiple of the column tiles.
template <class Tile, class Boxes, class Columns, class Gemm, class Finish>
__device__ void walk_resident(const TmaGemm& g, const Gemm& boxed, const Finish& finish) {
  extern __shared__ __align__(1024) unsigned char shared[];
  const uint32_t memory = shared_address(shared);
  const int thread = static_cast<int>(threadIdx.x), group = own_group(), warp = thread / 32 % 4;
  const int tiles = (g.gemm.columns + Tile::kColumns - 1) / Tile::kColumns;
  const int column = static_cast<int>(blockIdx.x) % tiles * Tile::kColumns;
  const int lane = static_cast<int>(blockIdx.x) / tiles, lanes = static_cast<int>(gridDim.x) / tiles;
  const auto boxes_of = [&](int of) { return Boxes(memory + Tile::kBoxes, of); };
  if (thread == 0) {
    barrier_init(weight_barrier<Tile>(memory), 1);
    for (int i = 0; i < Tile::kGroups; ++i) {
      boxes_of(i).init();
      const RowRing<Tile> ring{memory, i};
      barrier_init(ring.turn(i), 4);
      for (int slot = 0; slot < Tile::kStages; ++slot) {
        barrier_init(ring.full(slot), 1);
        barrier_init(ring.empty(slot), 4);
      }
    }
    barriers_ready();
  }
  __syncthreads();
  if (thread == Tile::kGroups * 128) load_all_weights<Tile>(g, memory, column);
  wait_for_earlier_kernels();
  const auto first_row = [&](int of) { return lane * Tile::kRows + of * Tile::kGroupRows; };
  const int step_rows = lanes * Tile::kRows;
  if (group == Tile::kGroups) {
    fewer_registers<40>();
    const int served = warp % Tile::kGroups;  // group
    if (thread % 32 == 0 && warp < Tile::kGroups) {
      load_rows<Tile>(g, {memory, served}, first_row(served), step_rows);
    } else if (thread % 32 == 0) {
      auto boxes = boxes_of(served);
      for (int row = first_row(served); row < g.gemm.rows; row += step_rows) boxes.carry(boxed, row, column);
    }
  } else {
    more_registers<232>();
    auto boxes = boxes_of(group);
    const RowRing<Tile> ring{memory, group};
    RingPlace<Tile> at;
    if (first_row(group) >= g.gemm.rows) return;  // nothing was brought for it
    const Columns columns(g.gemm, boxes);
    barrier_wait(weight_barrier<Tile>(memory), 0);
    // The first turn is the first group's. A group never has more than one tile fewer than the one before, so
    // the turn it waits for comes.
    uint32_t turn = group == 0 ? 1 : 0;
    for (int row = first_row(group); row < g.gemm.rows; row += step_rows) {
      barrier_wait(ring.turn(group), turn);
      turn ^= 1;
      float sums[Tile::kN][4];
      finish(boxes, columns, sums, ring, at, warp);
    }
  }
}

#endif

template <class Tile, GemmFinish kFinish>
__global__ void __launch_bounds__(Tile::kThreads, 1) gemm_resident(const __grid_constant__ BoxedGemm g) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  walk_resident<Tile, Boxes<Tile::kColumns, kFinish>, KeptColumns<Tile>>(
      g.tma, g, [&](auto& boxes, const auto& columns, auto& sums, const auto& ring, auto& at, int warp) {
        multiply<Tile>(sums, g.tma.steps, ring, at);
        boxes.fill(g.tma.gemm, columns, sums, warp);
      });
#endif
}

}  // namespace ltw::cuda
