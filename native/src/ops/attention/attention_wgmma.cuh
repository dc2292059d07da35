// Attention with an online softmax on Hopper's wgmma (sm_90a alone). One warp loads tiles of keys and values
// into a ring; each group of four warps owns 64 queries, takes scores from the products' registers through
// the softmax into registers that are the next product's first operand. Groups do not wait for each other:
// while some are in their softmax, others have the tensor cores.
#pragma once

#include <cuda.h>

#include <type_traits>

#include "ops/attention/attention_softmax.cuh"
#include "ops/device/async_copy.h"
#include "ops/device/launch_order.h"
#include "ops/device/mbarrier.h"
#include "ops/device/tma.h"
#include "ops/device/tma_store.h"
#include "ops/device/wgmma_tiles.h"

namespace ltw::cuda {

// Channels, heads, tokens, samples; boxes of 64 channels of one head, zeros past its end: a head of 40 is
// read as 40, multiplied as 48 and 40, and takes the room of 64.
struct AttentionMaps {
  CUtensorMap q, k, v, dst;
  int keys;
  float scale_log2;
};

// kQk: head size rounded up to 16, the depth of one product, for q k^T; kPv: rounded up to 8 alone, the
// columns that one group produces. kSlices groups share a head's columns; each of them repeats the scores. A
// ring of one stage holds all keys: then there is no warp to load it, and several blocks share a
// multiprocessor.
template <int kQk_, int kPv_, int kKeys_, int kGroups_, int kStages_, int kBlocks_ = 1, int kSlices_ = 1>
struct AttentionWgmmaTile {
  static constexpr int kQk = kQk_, kPv = kPv_, kKeys = kKeys_, kGroups = kGroups_, kStages = kStages_;
  static constexpr int kBlocks = kBlocks_;  // on one multiprocessor
  static constexpr int kSlices = kSlices_,
                       kTeams = kGroups / kSlices;  // a team's groups have the same queries
  static constexpr bool kLoader = kStages > 1;
  static constexpr int kThreads = 128 * (kGroups + (kLoader ? 1 : 0));
  static constexpr int kQueries = 64 * kTeams;
  static constexpr int kRow = 128, kPanels = (kQk + 63) / 64, kQueryPanel = 64 * kRow,
                       kKeyPanel = kKeys * kRow;
  static constexpr int kQueryBytes = kPanels * kQueryPanel, kKeyBytes = kPanels * kKeyPanel;
  static constexpr int kRing = kTeams * kQueryBytes, kBarriers = kRing + 2 * kStages * kKeyBytes;
  static constexpr int kSharedBytes = kBarriers + 8 * (kTeams + 2 * kStages);
  // Registers a thread: all have the same at first, and what the loader's group gives up the others share.
  // With one other there are enough anyway.
  static constexpr int kLoaderRegisters = 24, kAtFirst = 65536 / kThreads / kBlocks / 8 * 8;
  static constexpr int kShare = (kAtFirst * (kGroups + 1) - kLoaderRegisters) / kGroups / 8 * 8;
  static constexpr int kRegisters = kShare < 240 ? kShare : 240;
  static_assert(kKeys % 16 == 0 && kQk % 16 == 0 && kPv <= kQk && (kSlices == 1 || kPv % 64 == 0));
};

// A block's place in the tensors and in shared memory.
template <class Tile>
struct AttentionBlock {
  uint32_t base;
  int head, sample, first_query;

  __device__ uint32_t queries(int team) const { return base + team * Tile::kQueryBytes; }
  __device__ uint32_t keys(int step) const {
    return base + Tile::kRing + step % Tile::kStages * 2 * Tile::kKeyBytes;
  }
  __device__ uint32_t values(int step) const { return keys(step) + Tile::kKeyBytes; }
  // Barriers: a step's keys and values are there; everyone is done with them; a team's queries are there.
  __device__ uint32_t full(int step) const { return base + Tile::kBarriers + 8 * (step % Tile::kStages); }
  __device__ uint32_t empty(int step) const { return full(step) + 8 * Tile::kStages; }
  __device__ uint32_t arrived(int team) const {
    return base + Tile::kBarriers + 8 * (2 * Tile::kStages + team);
  }
  static __device__ uint32_t parity(int step) { return step / Tile::kStages & 1; }
};

// One thread's work.
template <class Tile>
__device__ void load_tiles(const AttentionMaps& p, const AttentionBlock<Tile>& block, int steps) {
  for (int team = 0; team < Tile::kTeams; ++team) {
    barrier_expect(block.arrived(team), Tile::kQueryBytes);
    for (int panel = 0; panel < Tile::kPanels; ++panel) {
      load_box(block.queries(team) + panel * Tile::kQueryPanel, p.q, block.arrived(team), panel * 64,
               block.head, block.first_query + team * 64, block.sample);
    }
  }
  for (int step = 0; step < steps; ++step) {
    if (step >= Tile::kStages) barrier_wait(block.empty(step), block.parity(step) ^ 1);
    barrier_expect(block.full(step), 2 * Tile::kKeyBytes);
    for (int panel = 0; panel < Tile::kPanels; ++panel) {
      load_box(block.keys(step) + panel * Tile::kKeyPanel, p.k, block.full(step), panel * 64, block.head,
               step * Tile::kKeys, block.sample);
    }
    for (int panel = 0; panel < Tile::kPanels; ++panel) {
      load_box(block.values(step) + panel * Tile::kKeyPanel, p.v, block.full(step), panel * 64, block.head,
               step * Tile::kKeys, block.sample);
    }
  }
}

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    attention_wgmma(const __grid_constant__ AttentionMaps p) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ __align__(1024) unsigned char memory[];
  const AttentionBlock<Tile> block{shared_address(memory), static_cast<int>(blockIdx.y),
                                   static_cast<int>(blockIdx.z),
                                   static_cast<int>(blockIdx.x) * Tile::kQueries};
  const int group = static_cast<int>(threadIdx.x) / 128, lane = static_cast<int>(threadIdx.x) % 32;
  const int steps = (p.keys + Tile::kKeys - 1) / Tile::kKeys;
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < Tile::kStages; ++stage) {
      barrier_init(block.full(stage), 1);
      barrier_init(block.empty(stage), 4 * Tile::kGroups);
    }
    for (int team = 0; team < Tile::kTeams; ++team) barrier_init(block.arrived(team), 1);
    barriers_ready();
  }
  __syncthreads();
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  if constexpr (Tile::kLoader) {
    if (group == Tile::kGroups) {
      if constexpr (Tile::kGroups > 1) fewer_registers<Tile::kLoaderRegisters>();
      if (threadIdx.x % 128 == 0) load_tiles(p, block, steps);
      return;
    }
    if constexpr (Tile::kGroups > 1) more_registers<Tile::kRegisters>();
  } else if (threadIdx.x == 0) {
    load_tiles(p, block, steps);
  }

  float scores[Tile::kKeys / 8][4], out[Tile::kPv / 8][4] = {};
  RunningSoftmax softmax(p.scale_log2);
  const int team = group / Tile::kSlices, first_panel = group % Tile::kSlices * (Tile::kPv / 64);
  const uint32_t q = block.queries(team);
  const auto multiply_keys = [&](int step) {
    barrier_wait(block.full(step), block.parity(step));
    wgmma_fence();
#pragma unroll
    for (int d = 0; d < Tile::kQk; d += 16) {
      const uint64_t a = wgmma_matrix(q + d / 64 * Tile::kQueryPanel + d % 64 * 2);
      const uint64_t b = wgmma_matrix(block.keys(step) + d / 64 * Tile::kKeyPanel + d % 64 * 2);
      if (d == 0) wgmma_set(scores, a, b);
      if (d > 0) wgmma_add(scores, a, b);
    }
    wgmma_commit();
  };
  const auto hide_keys_past_end = [&](int step) {
    const int left = p.keys - step * Tile::kKeys;
    if (left >= Tile::kKeys) return;
#pragma unroll
    for (int n = 0; n < Tile::kKeys / 8; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (n * 8 + lane % 4 * 2 + i % 2 >= left) scores[n][i] = -INFINITY;
      }
    }
  };
  // From a step's scores to its part of the output and the next step's scores. (Products that are under way
  // at the loop's edge would be serialised by the compiler.)
  const auto attend = [&](int step, auto is_last) {
    constexpr bool kLast = decltype(is_last)::value;
    if constexpr (kLast) hide_keys_past_end(step);
    uint32_t weights[Tile::kKeys / 16][4];
    softmax.weigh(scores, weights, out);
    const uint32_t v = block.values(step) + first_panel * Tile::kKeyPanel;
    pin(out);
    wgmma_fence();
#pragma unroll
    for (int d = 0; d < Tile::kKeys / 16; ++d) {
      wgmma_add_across(out, weights[d], wgmma_matrix_across(v + d * 16 * Tile::kRow, Tile::kKeyPanel));
    }
    wgmma_commit();
    if constexpr (!kLast) multiply_keys(step + 1);
    wgmma_wait<0>();
    if constexpr (!kLast) pin(scores);
    pin(out);
    if (!kLast && lane == 0) barrier_arrive(block.empty(step));
  };
  barrier_wait(block.arrived(team), 0);
  multiply_keys(0);
  wgmma_wait<0>();
  pin(scores);
  hide_keys_past_end(0);
  softmax.raise(scores, out);
  for (int step = 0; step + 1 < steps; ++step) attend(step, std::false_type());
  attend(steps - 1, std::true_type());

  // The output takes the queries' place, as they lay there.
  float factor[2];
  softmax.finish(factor);
  const auto sync_team = [&] {
    asm volatile("bar.sync %0, %1;" ::"r"(team + 1), "n"(128 * Tile::kSlices) : "memory");
  };
  sync_team();
#pragma unroll
  for (int n = 0; n < Tile::kPv / 8; ++n) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = static_cast<int>(threadIdx.x) % 128 / 32 * 16 + half * 8 + lane / 4;
      const int byte = (first_panel + n / 8) * Tile::kQueryPanel + row * Tile::kRow + (n ^ row) % 8 * 16;
      *reinterpret_cast<uint32_t*>(memory + team * Tile::kQueryBytes + byte + lane % 4 * 4) =
          pack_halves(out[n][2 * half] * factor[half], out[n][2 * half + 1] * factor[half]);
    }
  }
  finish_box();
  sync_team();
  if (threadIdx.x % 128 == 0) {
    for (int panel = first_panel; panel < first_panel + (Tile::kPv + 63) / 64; ++panel) {
      store_box(p.dst, q + panel * Tile::kQueryPanel, panel * 64, block.head, block.first_query + team * 64,
                block.sample);
    }
    finish_stores();
  }
#endif
}

}  // namespace ltw::cuda
