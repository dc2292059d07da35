// What follows the sums of a tall tile: gemm_finish.cuh's arithmetic in its order. Beside two rows of sums
// registers are few, and code that a warp runs through once a tile is fetched more slowly than it computes
// (28 instructions a sum took 11 us). So a piece of the columns is finished at a time, all of it or nothing,
// with what comes from memory requested while the piece before is finished; and nothing is worked out twice.
#pragma once

#include "ops/gemm/gemm_finish.cuh"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// A warp's 16 rows of each of a group's products.
template <class Tile>
class TallFinish {
 public:
  // `row`: of the first product; `staged`: Tile::kPieceBytes of shared memory, the warp's own.
  __device__ TallFinish(const TmaGemm& g, const TilePlace& place, int row, uint32_t staged)
      : p_(g.gemm),
        row_(row),
        pieces_(min((p_.columns - place.column) / kColumns, kPieces)),
        column_(place.column + lane() % kN * 8),
        pair_(place.column + lane() % 4 * 2),
        fragment_(staged + static_cast<uint32_t>(lane() % 16 * kStride + lane() / 16 * 16)),
        own_(staged + static_cast<uint32_t>(lane() / kN * kStride + lane() % kN * 16)) {
    if (p_.sample_bias != nullptr) {  // 128 rows have the same, see GemmSize
      const int sample = min(row_, p_.rows - 1) / p_.out_pixels;
      sample_bias_ = p_.sample_bias + sample * p_.sample_bias_stride;
    }
#pragma unroll
    for (int m = 0; m < Tile::kM; ++m) {
#pragma unroll
      for (int i = 0; i < kPasses; ++i) {
        to_[m][i] = static_cast<int>(output_row(g, place.phase, min(row_of(m, i), p_.rows - 1)));
      }
    }
  }

  __device__ void operator()(GroupSums<Tile>& sums) const {
    Biases biases;
    uint4 residual[2][kPasses];
    request(residual[0], 0, 0);
#pragma unroll
    for (int piece = 0; piece < kPieces; ++piece) {
      if (piece >= pieces_) break;
      request(biases, piece);
#pragma unroll
      for (int m = 0; m < Tile::kM; ++m) {
        const int next = m + 1 == Tile::kM ? piece + 1 : piece, turn = (piece * Tile::kM + m) % 2;
        if (next < pieces_) request(residual[1 - turn], (m + 1) % Tile::kM, next);
        finish(sums[m], biases, residual[turn], m, piece);
      }
    }
  }

 private:
  // 16x8 tiles of a piece; 16 bytes a lane and pass.
  static constexpr int kColumns = piece_columns(Tile::kColumns), kN = kColumns / 8, kPieces = Tile::kN / kN;
  static constexpr int kPasses = kN / 2, kStride = Tile::kPieceStride * 2;
  static_assert(Tile::kN % kN == 0);

  // For a thread's columns of a piece.
  struct Biases {
    float2 all[kN];
    __half2 sample[kN];
  };

  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ int row_of(int m, int pass) const { return row_ + m * 64 + lane() / kN + pass * (32 / kN); }

  // To rows lane / 4 and + 8.
  __device__ static void add(float (&sums)[4], float2 first, float2 second) {
    sums[0] += first.x, sums[1] += first.y, sums[2] += second.x, sums[3] += second.y;
  }
  __device__ static void add(float (&sums)[4], float2 both) { add(sums, both, both); }

  // In one multiplication: a stride fits into 32 bits.
  template <class T>
  __device__ static T* at(T* first, int row, int64_t stride, int column) {
    return first + column + static_cast<int64_t>(row) * static_cast<int>(stride);
  }

  __device__ void request(Biases& to, int piece) const {
    const int column = pair_ + piece * kColumns;
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      if (p_.bias != nullptr) to.all[n] = __ldg(reinterpret_cast<const float2*>(p_.bias + column + n * 8));
      if (p_.sample_bias != nullptr) {
        to.sample[n] = __ldg(reinterpret_cast<const __half2*>(sample_bias_ + column + n * 8));
      }
    }
  }

  __device__ void request(uint4 (&to)[kPasses], int m, int piece) const {
    if (p_.residual == nullptr) return;
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      to[i] = load_once(at(p_.residual, to_[m][i], p_.residual_stride, column_) + piece * kColumns);
    }
  }

  __device__ void finish(float (&all)[Tile::kN][4], const Biases& biases, const uint4 (&residual)[kPasses],
                         int m, int piece) const {
    float(&sums)[kN][4] = reinterpret_cast<float(&)[kN][4]>(all[piece * kN]);
    if (p_.residual != nullptr) {
#pragma unroll
      for (int i = 0; i < kPasses; ++i) store_shared(own_ + i * (32 / kN) * kStride, residual[i]);
      __syncwarp();
    }
    if (p_.bias != nullptr) {
#pragma unroll
      for (int n = 0; n < kN; ++n) add(sums[n], biases.all[n]);
    }
    if (p_.sample_bias != nullptr) {
#pragma unroll
      for (int n = 0; n < kN; ++n) add(sums[n], __half22float2(biases.sample[n]));
    }
    if (p_.residual != nullptr) {
#pragma unroll
      for (int n = 0; n < kN; n += 2) {
        uint32_t pairs[4];
        load_matrices(pairs, fragment_ + n * 16);
        add(sums[n], unpack_halves(pairs[0]), unpack_halves(pairs[1]));
        add(sums[n + 1], unpack_halves(pairs[2]), unpack_halves(pairs[3]));
      }
      __syncwarp();
    }
#pragma unroll
    for (int n = 0; n < kN; n += 2) {
      const float(&a)[4] = sums[n], (&b)[4] = sums[n + 1];
      store_matrices({pack_halves(a[0], a[1]), pack_halves(a[2], a[3]), pack_halves(b[0], b[1]),
                      pack_halves(b[2], b[3])},
                     fragment_ + n * 16);
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kPasses; ++i) {
      const uint4 eight = load_shared(own_ + i * (32 / kN) * kStride);
      if (row_of(m, i) < p_.rows) {
        *reinterpret_cast<uint4*>(at(p_.dst, to_[m][i], p_.dst_stride, column_) + piece * kColumns) = eight;
      }
    }
    __syncwarp();
  }

  const GemmArgs& p_;
  int row_, pieces_, column_, pair_;
  uint32_t fragment_, own_;
  int to_[Tile::kM][kPasses];  // row of the output
  const __half* sample_bias_;
};

#endif

}  // namespace ltw::cuda
