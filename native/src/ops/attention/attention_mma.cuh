// Attention with an online softmax on mma.sync: a block owns 64 or 128 queries of one head and walks the
// keys; scores and probabilities stay in registers, the running maximum and sum are float32.
#pragma once

#include "ops/attention/attention.h"
#include "ops/device/activation.h"
#include "ops/device/async_copy.h"
#include "ops/device/mma.h"

namespace ltw::cuda {

// kQk: head size rounded up to 16, the depth of one mma, for q k^T; kPv: columns of v that one block
// produces, rounded up to 8 alone. 40 is thus 48 and 40, not 64 and 64. kSlices blocks share a head's
// columns; each of them repeats the scores.
template <int kQk_, int kPv_, int kSlices_, int kKeys_, int kWarps_, int kQueryTiles_,
          bool kQueriesInRegisters_>
struct AttentionTile {
  static constexpr int kQk = kQk_, kPv = kPv_, kSlices = kSlices_;
  static constexpr int kKeys = kKeys_;              // per step
  static constexpr int kQueryTiles = kQueryTiles_;  // of 16 queries, per warp
  static constexpr bool kQueriesInRegisters = kQueriesInRegisters_;
  static constexpr int kWarps = kWarps_, kThreads = 32 * kWarps;
  static constexpr int kQueries = 16 * kQueryTiles * kWarps;
  // Rows in shared memory are an odd number of 16-byte chunks: eight rows of an ldmatrix hit different banks.
  static constexpr int kQkChunks = kQk / 8, kQkRow = 16 * (kQkChunks | 1);  // bytes
  static constexpr int kPvChunks = kPv / 8, kPvRow = 16 * (kPvChunks | 1);
  static constexpr int kStages = 2;
  static constexpr int kQueryBytes = kQueries * kQkRow;
  static constexpr int kStageBytes = kKeys * (kQkRow + kPvRow);
  static constexpr int kSharedBytes = kQueryBytes + kStages * kStageBytes;
  static_assert(kKeys % 32 == 0 && kQk % 16 == 0 && kPvRow <= kQkRow);
};

// Rows [0, kRows) of `kChunks` chunks; zeros past `rows` and `chunks`.
template <int kRows, int kChunks, int kThreads>
__device__ inline void copy_rows(uint32_t shared, int shared_row, const __half* from, int64_t stride,
                                 int rows, int chunks) {
  constexpr int kItems = (kRows * kChunks + kThreads - 1) / kThreads;
  // Unrolled, every item's address is kept in registers throughout: at head size 160 that made 120 bytes
  // spill.
#pragma unroll(kItems <= 4 ? kItems : 1)
  for (int i = 0; i < kItems; ++i) {
    const int item = i * kThreads + static_cast<int>(threadIdx.x);
    const int row = item / kChunks, chunk = item % kChunks;
    if (kRows * kChunks % kThreads != 0 && row >= kRows) break;
    const bool inside = row < rows && chunk < chunks;
    copy_async_16(shared + row * shared_row + chunk * 16, inside ? from + row * stride + chunk * 8 : from,
                  inside);
  }
}

// The softmax's state of one thread: rows lane / 4 and lane / 4 + 8 of each query tile.
template <class Tile>
struct RowSoftmax {
  float maximum[Tile::kQueryTiles][2];
  float sum[Tile::kQueryTiles][2];  // this thread's columns only, until the end

  // Turns scores into probabilities against the new maximum; returns what the old output shrinks by.
  __device__ float update(float (&scores)[Tile::kKeys / 8][4], int m, int half, float scale) {
    float top = scores[0][2 * half];
#pragma unroll
    for (int n = 0; n < Tile::kKeys / 8; ++n)
      top = fmaxf(top, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
    top = fmaxf(top, __shfl_xor_sync(~0u, top, 1));
    top = fmaxf(top, __shfl_xor_sync(~0u, top, 2));
    top = fmaxf(top, maximum[m][half]);
    const float shrink = exp2_approximate((maximum[m][half] - top) * scale), offset = top * scale;
    maximum[m][half] = top;
    float total = sum[m][half] * shrink;
#pragma unroll
    for (int n = 0; n < Tile::kKeys / 8; ++n) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        float& score = scores[n][2 * half + i];
        score = exp2_approximate(fmaf(score, scale, -offset));
        total += score;
      }
    }
    sum[m][half] = total;
    return shrink;
  }
};

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kSharedBytes > 113 * 1024 ? 1 : 2)
    attention_mma(const __grid_constant__ AttentionArgs p) {
  constexpr int kM = Tile::kQueryTiles;
  extern __shared__ __align__(128) unsigned char memory[];
  const uint32_t q_shared = shared_address(memory), ring = q_shared + Tile::kQueryBytes;
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int head = static_cast<int>(blockIdx.y) / Tile::kSlices, sample = static_cast<int>(blockIdx.z);
  const int first_query = static_cast<int>(blockIdx.x) * Tile::kQueries;
  const int head_channel = head * p.head_size;
  const int slice_channel = static_cast<int>(blockIdx.y) % Tile::kSlices * Tile::kPv;
  const int pv_chunks = min(Tile::kPvChunks, (p.head_size - slice_channel) / 8);
  const int keys = p.causal ? min(p.keys, first_query + Tile::kQueries) : p.keys;
  const int steps = (keys + Tile::kKeys - 1) / Tile::kKeys;

  const __half* k = p.k + static_cast<int64_t>(sample) * p.keys * p.k_stride + head_channel;
  const __half* v = p.v + static_cast<int64_t>(sample) * p.keys * p.v_stride + head_channel + slice_channel;
  const auto copy_step = [&](int step) {
    if (step < steps) {
      const uint32_t slot = ring + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
      const int64_t first = static_cast<int64_t>(step) * Tile::kKeys;
      const int rows = keys - step * Tile::kKeys;
      copy_rows<Tile::kKeys, Tile::kQkChunks, Tile::kThreads>(slot, Tile::kQkRow, k + first * p.k_stride,
                                                              p.k_stride, rows, p.head_size / 8);
      copy_rows<Tile::kKeys, Tile::kPvChunks, Tile::kThreads>(slot + Tile::kKeys * Tile::kQkRow, Tile::kPvRow,
                                                              v + first * p.v_stride, p.v_stride, rows,
                                                              pv_chunks);
    }
    commit_copies();
  };
  const __half* q =
      p.q + (static_cast<int64_t>(sample) * p.queries + first_query) * p.q_stride + head_channel;
  copy_rows<Tile::kQueries, Tile::kQkChunks, Tile::kThreads>(q_shared, Tile::kQkRow, q, p.q_stride,
                                                             p.queries - first_query, p.head_size / 8);
  copy_step(0);

  // Lane addresses in ldmatrix order: queries as mma's a, keys as its b, values as b transposed.
  const uint32_t q_lane = q_shared + (warp * kM * 16 + lane % 16) * Tile::kQkRow + lane / 16 * 16;
  const uint32_t k_lane = (lane % 8 + lane / 16 * 8) * Tile::kQkRow + lane / 8 % 2 * 16;
  const uint32_t v_lane = Tile::kKeys * Tile::kQkRow + lane * Tile::kPvRow;

  uint32_t q_kept[Tile::kQueriesInRegisters ? Tile::kQk / 16 : 1][kM][4];
  float out[kM][Tile::kPvChunks][4] = {};
  RowSoftmax<Tile> softmax;
#pragma unroll
  for (int m = 0; m < kM; ++m) {
    softmax.maximum[m][0] = softmax.maximum[m][1] = -INFINITY;
    softmax.sum[m][0] = softmax.sum[m][1] = 0;
  }

  for (int step = 0; step < steps; ++step) {
    wait_for_copies<0>();
    __syncthreads();  // this step has arrived, and everyone is done with the slot that is filled next
    copy_step(step + 1);
    const uint32_t slot = ring + static_cast<uint32_t>(step % Tile::kStages * Tile::kStageBytes);
    if (Tile::kQueriesInRegisters && step == 0) {
#pragma unroll
      for (int d = 0; d < Tile::kQk / 16; ++d) {
#pragma unroll
        for (int m = 0; m < kM; ++m) load_matrices(q_kept[d][m], q_lane + m * 16 * Tile::kQkRow + d * 32);
      }
    }

    float scores[kM][Tile::kKeys / 8][4] = {};
#pragma unroll(Tile::kQueriesInRegisters ? Tile::kQk / 16 : 4)
    for (int d = 0; d < Tile::kQk / 16; ++d) {
      uint32_t(&a)[kM][4] = q_kept[Tile::kQueriesInRegisters ? d : 0];
      if constexpr (!Tile::kQueriesInRegisters) {
#pragma unroll
        for (int m = 0; m < kM; ++m) load_matrices(a[m], q_lane + m * 16 * Tile::kQkRow + d * 32);
      }
#pragma unroll
      for (int n = 0; n < Tile::kKeys / 16; ++n) {
        uint32_t b[4];
        load_matrices(b, slot + k_lane + n * 16 * Tile::kQkRow + d * 32);
#pragma unroll
        for (int m = 0; m < kM; ++m) {
          multiply_add(scores[m][2 * n], a[m], b[0], b[1]);
          multiply_add(scores[m][2 * n + 1], a[m], b[2], b[3]);
        }
      }
    }

    const int first_key = step * Tile::kKeys;
    if (first_key + Tile::kKeys > (p.causal ? first_query : keys)) {
#pragma unroll
      for (int m = 0; m < kM; ++m) {
#pragma unroll
        for (int n = 0; n < Tile::kKeys / 8; ++n) {
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const int key = first_key + n * 8 + lane % 4 * 2 + i % 2;
            const int query = first_query + (warp * kM + m) * 16 + lane / 4 + i / 2 * 8;
            if (key >= keys || (p.causal && key > query)) scores[m][n][i] = -INFINITY;
          }
        }
      }
    }
#pragma unroll
    for (int m = 0; m < kM; ++m) {
      const float upper = softmax.update(scores[m], m, 0, p.scale_log2);
      const float lower = softmax.update(scores[m], m, 1, p.scale_log2);
#pragma unroll
      for (int n = 0; n < Tile::kPvChunks; ++n) {
        out[m][n][0] *= upper;
        out[m][n][1] *= upper;
        out[m][n][2] *= lower;
        out[m][n][3] *= lower;
      }
    }
#pragma unroll
    for (int pair = 0; pair < Tile::kKeys / 32; ++pair) {  // two mma depths at a time
      uint32_t a[kM][2][4];
#pragma unroll
      for (int m = 0; m < kM; ++m) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          const float(&s)[4] = scores[m][pair * 4 + j / 2];
          a[m][j / 4][j % 4] = j % 2 == 0 ? pack_halves(s[0], s[1]) : pack_halves(s[2], s[3]);
        }
      }
#pragma unroll
      for (int n = 0; n < Tile::kPvChunks; ++n) {
        uint32_t b[4];
        load_matrices_transposed(b, slot + v_lane + pair * 32 * Tile::kPvRow + n * 16);
#pragma unroll
        for (int m = 0; m < kM; ++m) {
          multiply_add(out[m][n], a[m][0], b[0], b[1]);
          multiply_add(out[m][n], a[m][1], b[2], b[3]);
        }
      }
    }
  }

  // Each warp lays its rows over its own queries, then stores them 16 bytes at a time.
  unsigned char* rows = memory + warp * kM * 16 * Tile::kQkRow;
  __syncwarp();
#pragma unroll
  for (int m = 0; m < kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float total = softmax.sum[m][half];
      total += __shfl_xor_sync(~0u, total, 1);
      total += __shfl_xor_sync(~0u, total, 2);
      const float scale = 1.0f / total;
      unsigned char* row = rows + (m * 16 + half * 8 + lane / 4) * Tile::kQkRow + lane % 4 * 4;
#pragma unroll
      for (int n = 0; n < Tile::kPvChunks; ++n) {
        *reinterpret_cast<uint32_t*>(row + n * 16) =
            pack_halves(out[m][n][2 * half] * scale, out[m][n][2 * half + 1] * scale);
      }
    }
  }
  __syncwarp();
  const int warp_query = first_query + warp * kM * 16;
  __half* dst = p.dst + (static_cast<int64_t>(sample) * p.queries + warp_query) * p.dst_stride +
                head_channel + slice_channel;
  for (int item = lane; item < kM * 16 * Tile::kPvChunks; item += 32) {
    const int row = item / Tile::kPvChunks, chunk = item % Tile::kPvChunks;
    if (warp_query + row < p.queries && chunk < pv_chunks) {
      *reinterpret_cast<uint4*>(dst + row * p.dst_stride + chunk * 8) =
          *reinterpret_cast<const uint4*>(rows + row * Tile::kQkRow + chunk * 16);
    }
  }
}

}  // namespace ltw::cuda
