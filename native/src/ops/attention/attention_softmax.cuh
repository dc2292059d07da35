// One thread's share of an online softmax over tiles of scores in wgmma's layout: rows lane / 4 and lane / 4
// + 8 of its warp's 16.
#pragma once

#include "ops/device/activation.h"
#include "ops/device/mma.h"

namespace ltw::cuda {

// Weights are exp2(scale * (score - reference)). Any reference near the largest score will do: it is that of
// the first tile, and of a later one whose weights come out too large. So no tile but the first is searched
// for its largest score (on an H100 at 40, 4096x4096, B32 H8: 1632 us instead of 1882).
struct RunningSoftmax {
  float scale;
  float reference[2] = {-INFINITY, -INFINITY};
  float sum[2] = {};  // this thread's columns only, until finish()

  __device__ explicit RunningSoftmax(float scale) : scale(scale) {}

  // Makes the largest score the reference and puts the sums in relation to it.
  template <int kTiles, int kOutTiles>
  __device__ void raise(const float (&scores)[kTiles][4], float (&out)[kOutTiles][4]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float top = reference[half];
#pragma unroll
      for (int n = 0; n < kTiles; ++n) top = fmaxf(top, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
      top = fmaxf(top, __shfl_xor_sync(~0u, top, 1));
      top = fmaxf(top, __shfl_xor_sync(~0u, top, 2));
      const float shrink = exp2_approximate((reference[half] - top) * scale);
      reference[half] = top;
      sum[half] *= shrink;
#pragma unroll
      for (int n = 0; n < kOutTiles; ++n) {
        out[n][2 * half] *= shrink;
        out[n][2 * half + 1] *= shrink;
      }
    }
  }

  // Weights as the first operand of a product.
  template <int kTiles, int kOutTiles>
  __device__ void weigh(const float (&scores)[kTiles][4], uint32_t (&weights)[kTiles / 2][4],
                        float (&out)[kOutTiles][4]) {
    constexpr float kLargest = 4096;  // float16 goes to 65504; false for NaN
    float total[2];
    weigh_all(scores, weights, total);
    if (__any_sync(~0u, !(total[0] + total[1] <= kLargest))) {
      raise(scores, out);
      weigh_all(scores, weights, total);
    }
    sum[0] += total[0];
    sum[1] += total[1];
  }

  // What the sums of weighted values are to be multiplied by.
  __device__ void finish(float (&factor)[2]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float total = sum[half];
      total += __shfl_xor_sync(~0u, total, 1);
      total += __shfl_xor_sync(~0u, total, 2);
      factor[half] = 1.0f / total;
    }
  }

 private:
  template <int kTiles>
  __device__ void weigh_all(const float (&scores)[kTiles][4], uint32_t (&weights)[kTiles / 2][4],
                            float (&total)[2]) const {
    const float offset[2] = {reference[0] * scale, reference[1] * scale};
    total[0] = total[1] = 0;
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float left = exp2_approximate(fmaf(scores[n][2 * half], scale, -offset[half]));
        const float right = exp2_approximate(fmaf(scores[n][2 * half + 1], scale, -offset[half]));
        total[half] += left + right;
        weights[n / 2][n % 2 * 2 + half] = pack_halves(left, right);
      }
    }
  }
};

}  // namespace ltw::cuda
