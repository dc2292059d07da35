// The ring of shared memory between the thread that has the copy engine fill it and the groups of warps that
// multiply from it (sm_90a).
#pragma once

#include "ops/device/async_copy.h"
#include "ops/device/launch_order.h"
#include "ops/device/mbarrier.h"
#include "ops/device/tma.h"
#include "ops/device/wgmma_tiles.h"
#include "ops/gemm/gemm_schedule.cuh"

namespace ltw::cuda {

// A thread's group of four warps, in a register that the compiler knows to be a warp's: with addresses that
// seem to be the lanes' own it moves each between register files, some ten instructions a product, and two
// groups no longer keep the tensor cores busy.
__device__ inline int own_group() { return __shfl_sync(~0u, static_cast<int>(threadIdx.x) / 128, 0); }

// Two groups of four warps share a tile, half the rows each; a third group's first thread loads.
template <int kRows_, int kColumns_, int kStages_>
struct TmaTile {
  static constexpr int kRows = kRows_, kColumns = kColumns_, kStages = kStages_;
  static constexpr int kLoadRows = kRows;
  static constexpr int kDepth = 64;
  static constexpr int kGroups = 2, kThreads = (kGroups + 1) * 128, kGroupRows = kRows / kGroups;
  static constexpr int kM = kGroupRows / 64,
                       kN = kColumns / 8;  // a group's products, a thread's sums of each
  static constexpr int kSrcBytes = kRows * kDepth * 2, kStageBytes = (kRows + kColumns) * kDepth * 2;
  // A warp stages 16 rows by 64 columns at a time; rows 144 bytes apart put eight of them into different
  // banks.
  static constexpr int kPieceStride = 64 + 8, kPieceBytes = 16 * kPieceStride * 2;
  static constexpr int kPieces = kStages * kStageBytes;
  static constexpr int kBarriers = kPieces + kGroups * 4 * kPieceBytes;
  static constexpr int kSharedBytes = kBarriers + 2 * kStages * 8;
  static_assert(kGroupRows % 64 == 0 && kSrcBytes % 1024 == 0 && kStageBytes % 1024 == 0);
};

// A pair of e4m3 is as wide as a float16, so both have these; as many stages as shared memory has room for.
using Tile256x128 = TmaTile<256, 128, 4>;
using Tile128x160 = TmaTile<128, 160, 5>;
using Tile128x128 = TmaTile<128, 128, 6>;
using Tile128x80 = TmaTile<128, 80, 7>;

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

template <class Tile>
struct Ring {
  uint32_t memory;

  __device__ uint32_t src(int slot) const { return memory + static_cast<uint32_t>(slot * Tile::kStageBytes); }
  __device__ uint32_t weight(int slot) const { return src(slot) + Tile::kSrcBytes; }
  __device__ uint32_t full(int slot) const {
    return memory + static_cast<uint32_t>(Tile::kBarriers + slot * 8);
  }
  __device__ uint32_t empty(int slot) const { return full(Tile::kStages + slot); }
  // Where a warp stages what it stores.
  __device__ uint32_t piece(int warp) const {
    return memory + static_cast<uint32_t>(Tile::kPieces + warp * Tile::kPieceBytes);
  }

  // By one thread; the block must synchronise before the barriers are used.
  __device__ void init() const {
    for (int slot = 0; slot < Tile::kStages; ++slot) {
      barrier_init(full(slot), 1);
      barrier_init(empty(slot), Tile::kGroups * 4);
    }
    barriers_ready();
  }

  // By every warp that read the slot.
  __device__ void release(int slot) const {
    if (threadIdx.x % 32 == 0) barrier_arrive(empty(slot));
  }
};

// Slots in the order in which they are filled and read.
template <class Tile>
struct RingPlace {
  int slot = 0;
  uint32_t parity = 0;

  __device__ void advance() {
    if (++slot < Tile::kStages) return;
    slot = 0;
    parity ^= 1;
  }
};

// 64 channels of one tap are a step; a tap's last step ends in zeros. Terms follow the taps as if they were
// some.
__device__ inline int taps_of(const GemmArgs& p) { return p.kernel * p.kernel; }
__device__ inline int channels_at(const GemmArgs& p, int tap) {
  return tap < taps_of(p) ? p.channels : p.terms[tap - taps_of(p)].channels;
}
__device__ inline int steps_at(const GemmArgs& p, int tap) { return (channels_at(p, tap) + 63) / 64; }
// Where part i of the depth begins.
__device__ inline int part_begin(const TmaGemm& g, int part) { return g.steps * part / g.parts; }

// A step of the depth: 64 channels, from `channel` on, of a tap or a term.
struct DepthPlace {
  int tap, channel;

  __device__ DepthPlace(const GemmArgs& p, int step) {
    tap = min(step / steps_at(p, 0), taps_of(p));
    channel = step - tap * steps_at(p, 0);
    while (tap >= taps_of(p) && channel >= steps_at(p, tap)) channel -= steps_at(p, tap++);
    channel *= 64;
  }

  __device__ void advance(const GemmArgs& p) {
    channel += 64;
    if (channel >= channels_at(p, tap)) channel = 0, ++tap;
  }
};

// By one thread: queues the load of a step's weights.
template <class Tile>
__device__ void load_weights(const TmaGemm& g, const TilePlace& place, const DepthPlace& depth,
                             const Ring<Tile>& ring, int slot) {
  const bool gated = g.gemm.activation == Activation::kGeglu;
  const int term = depth.tap - taps_of(g.gemm);
  const uint32_t full = ring.full(slot), to = ring.weight(slot);
  barrier_expect(full, Tile::kStageBytes);
  if (term >= 0) {
    load_box(to, g.term_weight[term], full, depth.channel, place.column);
  } else {
    load_box(to, g.weight, full, depth.channel, gated ? 0 : depth.tap, gated ? 0 : place.column,
             gated ? place.column / 16 : place.phase);
  }
}

// The weights of the first steps from `begin` on, as many as an empty ring holds; returns how many. No kernel
// writes weights, so this need not wait for earlier ones.
template <class Tile>
__device__ int load_first_weights(const TmaGemm& g, const TilePlace& place, int begin, int end,
                                  const Ring<Tile>& ring) {
  const int count = min(end - begin, Tile::kStages);
  DepthPlace depth(g.gemm, begin);
  for (int i = 0; i < count; ++i) {
    load_weights(g, place, depth, ring, i);
    depth.advance(g.gemm);
  }
  return count;
}

// By one thread: queues the loads of steps [begin, end) of a tile; the first `loaded` have their weights.
template <class Tile>
__device__ void load_tile(const TmaGemm& g, const TilePlace& place, int begin, int end,
                          const Ring<Tile>& ring, RingPlace<Tile>& at, int loaded = 0) {
  const GemmArgs& p = g.gemm;
  const int sample = place.row / p.out_pixels, pixel = place.row % p.out_pixels;
  const int y = pixel / p.out_width * p.stride - p.pad, x = pixel % p.out_width * p.stride - p.pad;
  const int taps = taps_of(p);
  DepthPlace depth(p, begin);
  for (int step = begin; step < end; ++step) {
    const uint32_t full = ring.full(at.slot), src = ring.src(at.slot);
    if (step >= begin + loaded) {
      barrier_wait(ring.empty(at.slot), at.parity ^ 1);
      load_weights(g, place, depth, ring, at.slot);
    }
    if (depth.tap >= taps) {
      load_box(src, g.term_src[depth.tap - taps], full, depth.channel, place.row);
    } else if (g.windows) {
      load_pixels(src, g.src, full, depth.channel, x, y, sample, depth.tap % p.kernel + place.phase % 2,
                  depth.tap / p.kernel + place.phase / 2);
    } else {
      load_box(src, g.src, full, depth.channel, place.row);
    }
    at.advance();
    depth.advance(p);
  }
}

// By one thread: queues the loads of all tiles of a block.
template <class Tile>
__device__ void load_tiles(const TmaGemm& g, const TileWalk<Tile>& walk, const Ring<Tile>& ring) {
  RingPlace<Tile> at;
  const int loaded = load_first_weights(g, walk.place(walk.first()), 0, g.steps, ring);
  wait_for_earlier_kernels();
  for (int tile = walk.first(); tile < walk.count(); tile += walk.step()) {
    load_tile(g, walk.place(tile), 0, g.steps, ring, at, tile == walk.first() ? loaded : 0);
  }
}

template <class Tile>
using GroupSums = float[Tile::kM][Tile::kN][4];

template <int kM, int kN>
__device__ void pin(float (&sums)[kM][kN][4]) {
#pragma unroll
  for (int m = 0; m < kM; ++m) pin(sums[m]);
}

// By a group of four warps: products(step) queues a step's, from the slot that is next in `ring`, which is
// released when they are done. queued() is called when all are queued.
template <class Ring, class Place, class Sums, class Products, class Queued>
__device__ void multiply_steps(Sums& sums, int steps, const Ring& ring, Place& at, const Products& products,
                               const Queued& queued) {
  int before = 0;
  for (int step = 0; step < steps; ++step) {
    barrier_wait(ring.full(at.slot), at.parity);
    pin(sums);
    wgmma_fence();
    products(step);
    wgmma_commit();
    wgmma_wait<1>();  // the step before is done with its slot
    if (step > 0) ring.release(before);
    before = at.slot;
    at.advance();
  }
  queued();
  wgmma_wait<0>();
  pin(sums);
  ring.release(before);
}

struct MultiplyHalves {
  template <int kN>
  __device__ void operator()(float (&sums)[kN][4], uint64_t rows, uint64_t columns, int add) const {
    wgmma_multiply_add(sums, rows, columns, add);
  }
};

// By group `group` of four warps: the sums of `steps` steps, from zero or onto what is there. `product`: of
// 32 bytes of the depth.
template <class Tile, bool kOnto = false, class Product = MultiplyHalves>
__device__ void multiply(GroupSums<Tile>& sums, int steps, const Ring<Tile>& ring, RingPlace<Tile>& at,
                         int group, const Product& product = {}) {
  const auto rows_at = static_cast<uint32_t>(group * Tile::kGroupRows * Tile::kDepth * 2);
  const auto products = [&](int step) {
    const uint64_t rows = wgmma_matrix(ring.src(at.slot) + rows_at),
                   columns = wgmma_matrix(ring.weight(at.slot));
#pragma unroll
    for (int k = 0; k < Tile::kDepth / 16; ++k) {
#pragma unroll
      for (int m = 0; m < Tile::kM; ++m) {
        product(sums[m], along(rows, m * 64 * 128 + k * 32), along(columns, k * 32),
                kOnto || step > 0 || k > 0);
      }
    }
  };
  multiply_steps(sums, steps, ring, at, products, [] {});
}

#endif

}  // namespace ltw::cuda
