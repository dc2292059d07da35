// What follows the sums of plain rows where a next tile waits (sm_90a): a group of four warps leaves 64 rows,
// finished and rounded, in shared memory and multiplies on. A thread beside it has the copy engine store them
// and bring what is added to the next ones meanwhile. The arithmetic and its order are RowFinish's.
#pragma once

#include "ops/device/tma_store.h"
#include "ops/gemm/gemm_finish.cuh"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// The boxes belong to the thread that carries them, until it says that they are ready, and then to the group,
// until it says that they are full: fill() and carry() are called in turns and each as often as the other.
// kOutBytes: of an element of the output; the map counts single bytes in pairs.
template <int kTileColumns, GemmFinish kFinish, int kOutBytes = 2>
class Boxes {
 public:
  // Of group `group`, whose boxes lie behind those of the ones before.
  __device__ Boxes(uint32_t all, int group) : boxes_(all + static_cast<uint32_t>(group * kBytes)) {}

  // By one thread, before barriers_ready().
  __device__ void init() const {
    barrier_init(ready(), 1);
    barrier_init(full(), 4);
  }

  // By the group's warps, with a row's sums as wgmma leaves them; `columns`: what says bias_of().
  template <class Columns>
  __device__ void fill(const GemmArgs& p, const Columns& columns, float (&sums)[kTileColumns / 8][4],
                       int warp) {
    wait();
    if (p.bias != nullptr) add_bias(sums, columns);
    activate<kFinish>(p, sums);
    if (p.residual != nullptr) add_residual(sums, warp);
    round(sums, warp);
    give();
  }

  // Until what is added to the next rows is there.
  __device__ void wait() const { barrier_wait(ready(), turn_); }
  // To a thread's two columns of 16x8 tile n.
  __device__ float2 bias_of(int n) const { return load_shared_pair(bias(column_of(n))); }

  // By one thread: the rows from `row` on, for columns from `product_column` on of the product.
  __device__ void carry(const BoxedGemm& g, int row, int product_column) {
    const int column = product_column / kFactor;
    bring(g, row, column, others_than_before(column));
    take(g, row, column);
  }

 protected:
  // Columns of the product for one of the output.
  static constexpr int kFactor = kFinish == GemmFinish::kGated ? 2 : 1;
  static constexpr int kColumns = kTileColumns / kFactor;
  static constexpr int kWidth = kOutBytes == 2 ? piece_columns(kColumns) : kColumns;
  static constexpr int kCount = kColumns / kWidth, kPitch = kWidth * kOutBytes, kBoxBytes = 64 * kPitch;
  static constexpr int kBytes = boxes_bytes(kTileColumns), kBias = kBytes - kBesideBoxes,
                       kBarriers = kBytes - 16;
  static_assert(kColumns % 16 == 0 && kBias + kTileColumns * 4 <= kBarriers);

  __device__ uint32_t ready() const { return boxes_ + kBarriers; }
  __device__ uint32_t full() const { return ready() + 8; }
  __device__ uint32_t box(int i) const { return boxes_ + static_cast<uint32_t>(i * kBoxBytes); }
  __device__ uint32_t bias(int column) const { return boxes_ + static_cast<uint32_t>(kBias + column * 4); }

  __device__ void give() {
    finish_box();
    __syncwarp();
    if (threadIdx.x % 32 == 0) barrier_arrive(full());
    turn_ ^= 1;
  }

  __device__ void take(const BoxedGemm& g, int row, int column) {
    barrier_wait(full(), turn_);
    for (int i = 0; i < kCount; ++i) {
      store_box(g.dst, box(i), (column + i * kWidth) * kOutBytes / 2, row);
    }
    finish_stores();
    turn_ ^= 1;
  }

  // The 8 columns and the row that a lane names for load_matrices and store_matrices, where the swizzle has
  // them: rows 0-7, 8-15 of 16x8 tile n of the output, then of the next.
  __device__ uint32_t matrices(int warp, int n) const {
    constexpr int kChunks = kWidth / 8;
    const int lane = static_cast<int>(threadIdx.x) % 32, row = warp * 16 + lane % 16, chunk = n + lane / 16;
    const int turn = row * kPitch / 128 % kChunks;
    return box(chunk / kChunks) + static_cast<uint32_t>(row * kPitch + (chunk % kChunks ^ turn) * 16);
  }

  __device__ static int column_of(int n) {
    return n % kFactor * kColumns + n / kFactor * 8 + static_cast<int>(threadIdx.x) % 4 * 2;
  }

  template <class Columns>
  __device__ void add_bias(float (&sums)[kTileColumns / 8][4], const Columns& columns) const {
#pragma unroll
    for (int n = 0; n < kTileColumns / 8; ++n) {
      const float2 pair = columns.bias_of(n);
      sums[n][0] += pair.x, sums[n][1] += pair.y, sums[n][2] += pair.x, sums[n][3] += pair.y;
    }
  }

  __device__ void add_residual(float (&sums)[kTileColumns / 8][4], int warp) const {
#pragma unroll
    for (int n = 0; n < kColumns / 8; n += 2) {
      uint32_t residual[4];
      load_matrices(residual, matrices(warp, n));
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float2 pair = unpack_halves(residual[i]);
        float(&to)[4] = sums[n + i / 2];
        to[i % 2 * 2] += pair.x, to[i % 2 * 2 + 1] += pair.y;
      }
    }
    __syncwarp();
  }

  __device__ void round(const float (&sums)[kTileColumns / 8][4], int warp) const {
#pragma unroll
    for (int n = 0; n < kColumns / 8; n += 2) {
      const float(&a)[4] = sums[n], (&b)[4] = sums[n + 1];
      store_matrices({pack_halves(a[0], a[1]), pack_halves(a[2], a[3]), pack_halves(b[0], b[1]),
                      pack_halves(b[2], b[3])},
                     matrices(warp, n));
    }
  }

  // Whether columns need a bias of their own brought: what belongs to a column stays until others come.
  __device__ bool others_than_before(int column) {
    const bool others = column != brought_;
    brought_ = column;
    return others;
  }

  // What is to be added; then the boxes are ready, if `more` bytes have come as well. (The bias by a map,
  // although it is but a row: racecheck takes the copy engine's plain copies for races with what reads after
  // the barrier.)
  __device__ void bring(const BoxedGemm& g, int row, int column, bool columns, int more = 0) const {
    const bool with_residual = g.tma.gemm.residual != nullptr;
    const bool with_bias = columns && g.tma.gemm.bias != nullptr;
    barrier_expect(ready(),
                   more + (with_residual ? kCount * kBoxBytes : 0) + (with_bias ? kTileColumns * 4 : 0));
    if (with_residual) {
      for (int i = 0; i < kCount; ++i) load_box(box(i), g.residual, ready(), column + i * kWidth, row);
    }
    if (with_bias) load_box(bias(0), g.bias, ready(), column, 0);
  }

  uint32_t boxes_, turn_ = 0;
  int brought_ = -1;  // column
};

#endif

}  // namespace ltw::cuda
