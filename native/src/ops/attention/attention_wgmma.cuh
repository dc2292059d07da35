// Attention with an online softmax on Hopper's wgmma (sm_90a alone). One thread loads queries, keys and
// values of a tile, or of one tile after the other, into rings; each group of four warps owns 64 queries,
// takes scores from the products' registers through the softmax into registers that are the next product's
// first operand. Groups do not wait for each other: while some are in their softmax, others have the tensor
// cores.
#pragma once

#include <cuda.h>

#include <type_traits>

#include "ops/attention/attention_softmax.cuh"
#include "ops/device/async_copy.h"
#include "ops/device/e4m3.h"
#include "ops/device/launch_order.h"
#include "ops/device/mbarrier.h"
#include "ops/device/tma.h"
#include "ops/device/tma_store.h"
#include "ops/device/wgmma_tiles.h"

namespace ltw::cuda {

// Channels, heads, tokens, samples; boxes of 64 channels of one head, zeros past its end: a head of 40 is
// read as 40, multiplied as 48 and 40, and takes the room of 64.
struct AttentionMaps {
  CUtensorMap q, k, v;
  CUtensorMap dst;  // of float16
  struct {
    uint8_t* dst;
    int64_t stride;
    int queries, head_size;
    float inverse;  // 1 / scale
  } narrow;         // for e4m3, whose heads begin at multiples of 8 bytes: the copy engine wants 16
  int keys;
  float scale_log2;
  int query_tiles, heads, tiles;  // of a head; of a sample; in all
};

// kQk: head size rounded up to 16, the depth of one product, for q k^T; kPv: rounded up to 8 alone, the
// columns that one group produces. kSlices groups share a head's columns; each of them repeats the scores.
// kHeld: queries are kept in registers. With two query stages a block takes one tile after the other and
// loads the next while it computes: that pays for few keys. Where one tile and one stage are all there is, no
// warp is set apart to load.
template <int kQk_, int kPv_, int kKeys_, int kGroups_, int kStages_, bool kHeld_, int kQueryStages_ = 1,
          int kBlocks_ = 1, int kSlices_ = 1>
struct AttentionWgmmaTile {
  static constexpr int kQk = kQk_, kPv = kPv_, kKeys = kKeys_, kGroups = kGroups_, kStages = kStages_;
  static constexpr bool kHeld = kHeld_;
  static constexpr int kQueryStages = kQueryStages_;
  static constexpr bool kOneTile = kQueryStages == 1, kLoader = !kOneTile || kStages > 1;
  static constexpr int kBlocks = kBlocks_;  // on one multiprocessor
  static constexpr int kSlices = kSlices_,
                       kTeams = kGroups / kSlices;  // a team's groups have the same queries
  static constexpr int kThreads = 128 * (kGroups + (kLoader ? 1 : 0));
  static constexpr int kQueries = 64 * kTeams;
  static constexpr int kRow = 128, kPanels = (kQk + 63) / 64, kQueryPanel = 64 * kRow,
                       kKeyPanel = kKeys * kRow;
  static constexpr int kQueryBytes = kPanels * kQueryPanel, kKeyBytes = kPanels * kKeyPanel;
  static constexpr int kRing = kQueryStages * kTeams * kQueryBytes,
                       kBarriers = kRing + 2 * kStages * kKeyBytes;
  static constexpr int kSharedBytes = kBarriers + 16 * (kTeams * kQueryStages + kStages);
  // Registers a thread: all have the same at first, and what the loader's group gives up the others share.
  // With one other there are enough anyway.
  static constexpr int kLoaderRegisters = 24, kAtFirst = 65536 / kThreads / kBlocks / 8 * 8;
  static constexpr int kShare = (kAtFirst * (kGroups + 1) - kLoaderRegisters) / kGroups / 8 * 8;
  static constexpr int kRegisters = kShare < 240 ? kShare : 240;
  static_assert(kKeys % 16 == 0 && kQk % 16 == 0 && kPv <= kQk && (kSlices == 1 || kPv % 64 == 0));
};

// The rings in shared memory; `tile` and `step` count this block's loads from its beginning.
template <class Tile>
struct AttentionShared {
  uint32_t base;

  __device__ uint32_t queries(int tile, int team) const {
    return base + (tile % Tile::kQueryStages * Tile::kTeams + team) * Tile::kQueryBytes;
  }
  __device__ uint32_t keys(int step) const {
    return base + Tile::kRing + step % Tile::kStages * 2 * Tile::kKeyBytes;
  }
  __device__ uint32_t values(int step) const { return keys(step) + Tile::kKeyBytes; }
  // Barriers: a step's keys and values are there; everyone is done with them; likewise a team's queries.
  __device__ uint32_t full(int step) const { return base + Tile::kBarriers + 8 * (step % Tile::kStages); }
  __device__ uint32_t empty(int step) const { return full(step) + 8 * Tile::kStages; }
  __device__ uint32_t arrived(int tile, int team) const {
    return base + Tile::kBarriers + 16 * Tile::kStages +
           8 * (tile % Tile::kQueryStages * Tile::kTeams + team);
  }
  __device__ uint32_t gone(int tile, int team) const {
    return arrived(tile, team) + 8 * Tile::kTeams * Tile::kQueryStages;
  }
  static __device__ uint32_t parity(int step) { return step / Tile::kStages & 1; }
  static __device__ uint32_t query_parity(int tile) { return tile / Tile::kQueryStages & 1; }
};

// A tile's place in the tensors.
template <class Tile>
struct AttentionPlace {
  int first_query, head, sample;
  __device__ AttentionPlace(const AttentionMaps& p, int tile)
      : first_query(tile % p.query_tiles * Tile::kQueries),
        head(tile / p.query_tiles % p.heads),
        sample(tile / p.query_tiles / p.heads) {}
};

// One thread's work.
template <class Tile>
__device__ void load_tiles(const AttentionMaps& p, const AttentionShared<Tile>& shared, int steps) {
  int step = 0, count = 0;
  for (int tile = static_cast<int>(blockIdx.x); tile < p.tiles;
       tile += static_cast<int>(gridDim.x), ++count) {
    const AttentionPlace<Tile> place(p, tile);
    for (int team = 0; team < Tile::kTeams; ++team) {
      if (count >= Tile::kQueryStages) {
        barrier_wait(shared.gone(count, team), shared.query_parity(count) ^ 1);
      }
      barrier_expect(shared.arrived(count, team), Tile::kQueryBytes);
      for (int panel = 0; panel < Tile::kPanels; ++panel) {
        load_box(shared.queries(count, team) + panel * Tile::kQueryPanel, p.q, shared.arrived(count, team),
                 panel * 64, place.head, place.first_query + team * 64, place.sample);
      }
    }
    for (int i = 0; i < steps; ++i, ++step) {
      if (step >= Tile::kStages) barrier_wait(shared.empty(step), shared.parity(step) ^ 1);
      barrier_expect(shared.full(step), 2 * Tile::kKeyBytes);
      for (int panel = 0; panel < Tile::kPanels; ++panel) {
        load_box(shared.keys(step) + panel * Tile::kKeyPanel, p.k, shared.full(step), panel * 64, place.head,
                 i * Tile::kKeys, place.sample);
      }
      for (int panel = 0; panel < Tile::kPanels; ++panel) {
        load_box(shared.values(step) + panel * Tile::kKeyPanel, p.v, shared.full(step), panel * 64,
                 place.head, i * Tile::kKeys, place.sample);
      }
    }
    if constexpr (Tile::kOneTile) return;
  }
}

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
// A warp's 16 rows, from `first` on, rounded to e4m3; through 16 * kPv bytes of shared memory, so that whole
// pieces of 8 bytes are stored.
template <class Tile>
__device__ void store_narrow(const AttentionMaps& p, const float (&out)[Tile::kPv / 8][4],
                             const float (&factor)[2], const AttentionPlace<Tile>& place, int first,
                             uint32_t staged) {
  constexpr int kPieces = Tile::kPv / 8;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const float factors[] = {factor[0] * p.narrow.inverse, factor[1] * p.narrow.inverse};
#pragma unroll
  for (int n = 0; n < kPieces; ++n) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t pair = pack_e4m3(out[n][2 * half] * factors[half], out[n][2 * half + 1] * factors[half]);
      const uint32_t to =
          staged + static_cast<uint32_t>((half * 8 + lane / 4) * Tile::kPv + n * 8 + lane % 4 * 2);
      asm volatile("st.shared.u16 [%0], %1;" ::"r"(to), "h"(static_cast<uint16_t>(pair)) : "memory");
    }
  }
  __syncwarp();
  const int64_t row = static_cast<int64_t>(place.sample) * p.narrow.queries + first;
  uint8_t* const to = p.narrow.dst + row * p.narrow.stride + place.head * p.narrow.head_size;
  const int rows = min(16, p.narrow.queries - first), pieces = p.narrow.head_size / 8;
  for (int i = lane; i < 16 * kPieces; i += 32) {
    const int r = i / kPieces, piece = i % kPieces;
    const float2 eight = load_shared_pair(staged + static_cast<uint32_t>(i * 8));
    if (r < rows && piece < pieces) {
      *reinterpret_cast<float2*>(to + r * p.narrow.stride + piece * 8) = eight;
    }
  }
}

// One group's work on one tile after another.
template <class Tile, bool kNarrow>
__device__ void attend_tiles(const AttentionMaps& p, const AttentionShared<Tile>& shared, int steps,
                             int group) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int team = group / Tile::kSlices, first_panel = group % Tile::kSlices * (Tile::kPv / 64);
  const auto sync_team = [&] {
    asm volatile("bar.sync %0, %1;" ::"r"(team + 1), "n"(128 * Tile::kSlices) : "memory");
  };
  const uint64_t first_keys = wgmma_matrix(shared.keys(0)),
                 first_values =
                     wgmma_matrix_across(shared.values(0) + first_panel * Tile::kKeyPanel, Tile::kKeyPanel);
  int step = 0, count = 0;
  for (int tile = static_cast<int>(blockIdx.x); tile < p.tiles;
       tile += static_cast<int>(gridDim.x), ++count) {
    float scores[Tile::kKeys / 8][4], out[Tile::kPv / 8][4] = {};
    uint32_t weights[Tile::kKeys / 16][4];
    uint32_t held[Tile::kHeld ? Tile::kQk / 16 : 1][4];
    RunningSoftmax softmax(p.scale_log2);
    const uint32_t q = shared.queries(count, team);
    const auto multiply_keys = [&](int step) {
      const uint64_t keys = along(first_keys, step % Tile::kStages * 2 * Tile::kKeyBytes);
#pragma unroll
      for (int d = 0; d < Tile::kQk; d += 16) {
        const uint64_t b = along(keys, d / 64 * Tile::kKeyPanel + d % 64 * 2);
        if constexpr (Tile::kHeld) {
          if (d == 0) wgmma_set(scores, held[d / 16], b);
          if (d > 0) wgmma_add(scores, held[d / 16], b);
        } else {
          const uint64_t a = along(wgmma_matrix(q), d / 64 * Tile::kQueryPanel + d % 64 * 2);
          if (d == 0) wgmma_set(scores, a, b);
          if (d > 0) wgmma_add(scores, a, b);
        }
      }
    };
    const auto hide_keys_past_end = [&](int i) {
      const int left = p.keys - i * Tile::kKeys;
      if (left >= Tile::kKeys) return;
#pragma unroll
      for (int n = 0; n < Tile::kKeys / 8; ++n) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          if (n * 8 + lane % 4 * 2 + j % 2 >= left) scores[n][j] = -INFINITY;
        }
      }
    };
    // From a step's scores to its part of the output and the next step's scores. (Products that are under way
    // at the loop's edge would be serialised by the compiler.)
    const auto attend = [&](int i, auto is_last) {
      constexpr bool kLast = decltype(is_last)::value;
      if constexpr (kLast) hide_keys_past_end(i);
      softmax.weigh(scores, weights, out);
      if constexpr (!kLast) barrier_wait(shared.full(step + 1), shared.parity(step + 1));
      const uint64_t values = along(first_values, step % Tile::kStages * 2 * Tile::kKeyBytes);
      pin(out);
      wgmma_fence();
#pragma unroll
      for (int d = 0; d < Tile::kKeys / 16; ++d) {
        wgmma_add_across(out, weights[d], along(values, d * 16 * Tile::kRow));
      }
      if constexpr (!kLast) multiply_keys(step + 1);
      wgmma_commit();
      wgmma_wait<0>();
      if constexpr (!kLast) pin(scores);
      pin(out);
      if ((!kLast || !Tile::kOneTile) && lane == 0) barrier_arrive(shared.empty(step));
      ++step;
    };
    barrier_wait(shared.arrived(count, team), shared.query_parity(count));
    if constexpr (Tile::kHeld) {
#pragma unroll
      for (int d = 0; d < Tile::kQk; d += 16) {
        const int row = static_cast<int>(threadIdx.x) % 128 / 32 * 16 + lane % 16;
        load_matrices(held[d / 16], q + d / 64 * Tile::kQueryPanel + row * Tile::kRow +
                                        ((d % 64 / 8 + lane / 16) ^ row % 8) * 16);
      }
    }
    barrier_wait(shared.full(step), shared.parity(step));
    wgmma_fence();
    multiply_keys(step);
    wgmma_commit();
    wgmma_wait<0>();
    pin(scores);
    hide_keys_past_end(0);
    softmax.raise(scores, out);
    for (int i = 0; i + 1 < steps; ++i) attend(i, std::false_type());
    attend(steps - 1, std::true_type());

    // The output takes the queries' place, as they lay there.
    float factor[2];
    softmax.finish(factor);
    sync_team();
    if constexpr (kNarrow) {
      static_assert(Tile::kSlices == 1 && 64 * Tile::kPv <= Tile::kQueryBytes);
      const AttentionPlace<Tile> place(p, tile);
      const int row = static_cast<int>(threadIdx.x) % 128 / 32 * 16;
      store_narrow<Tile>(p, out, factor, place, place.first_query + team * 64 + row,
                         q + static_cast<uint32_t>(row * Tile::kPv));
      if constexpr (!Tile::kOneTile) {
        finish_box();  // the copy engine overwrites it
        sync_team();
        if (threadIdx.x % 128 == 0) barrier_arrive(shared.gone(count, team));
      }
    } else {
#pragma unroll
      for (int n = 0; n < Tile::kPv / 8; ++n) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int row = static_cast<int>(threadIdx.x) % 128 / 32 * 16 + half * 8 + lane / 4;
          const uint32_t byte =
              (first_panel + n / 8) * Tile::kQueryPanel + row * Tile::kRow + (n ^ row) % 8 * 16;
          asm volatile("st.shared.b32 [%0], %1;" ::"r"(q + byte + lane % 4 * 4),
                       "r"(pack_halves(out[n][2 * half] * factor[half], out[n][2 * half + 1] * factor[half]))
                       : "memory");
        }
      }
      finish_box();
      sync_team();
      if (threadIdx.x % 128 == 0) {
        const AttentionPlace<Tile> place(p, tile);
        for (int panel = first_panel; panel < first_panel + (Tile::kPv + 63) / 64; ++panel) {
          store_box(p.dst, q + panel * Tile::kQueryPanel, panel * 64, place.head,
                    place.first_query + team * 64, place.sample);
        }
        finish_stores();
        if constexpr (!Tile::kOneTile) barrier_arrive(shared.gone(count, team));
      }
    }
    if constexpr (Tile::kOneTile) return;
  }
}

#endif

// kNarrow: into e4m3.
template <class Tile, bool kNarrow>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    attention_wgmma(const __grid_constant__ AttentionMaps p) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ __align__(1024) unsigned char memory[];
  const AttentionShared<Tile> shared{shared_address(memory)};
  const int group = static_cast<int>(threadIdx.x) / 128;
  const int steps = (p.keys + Tile::kKeys - 1) / Tile::kKeys;
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < Tile::kStages; ++stage) {
      barrier_init(shared.full(stage), 1);
      barrier_init(shared.empty(stage), 4 * Tile::kGroups);
    }
    for (int stage = 0; stage < Tile::kQueryStages; ++stage) {
      for (int team = 0; team < Tile::kTeams; ++team) {
        barrier_init(shared.arrived(stage, team), 1);
        barrier_init(shared.gone(stage, team), Tile::kSlices);
      }
    }
    barriers_ready();
  }
  __syncthreads();
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  if constexpr (Tile::kLoader) {
    if (group == Tile::kGroups) {
      if constexpr (Tile::kGroups > 1) fewer_registers<Tile::kLoaderRegisters>();
      if (threadIdx.x % 128 == 0) load_tiles(p, shared, steps);
      return;
    }
    if constexpr (Tile::kGroups > 1) more_registers<Tile::kRegisters>();
  } else if (threadIdx.x == 0) {
    load_tiles(p, shared, steps);
  }
  attend_tiles<Tile, kNarrow>(p, shared, steps, group);
#endif
}

}  // namespace ltw::cuda
