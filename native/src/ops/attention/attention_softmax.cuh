// One thread's share of an online softmax over tiles of scores in wgmma's layout: rows lane / 4 and lane / 4
// + 8 of its warp's 16.
#pragma once

#include "ops/device/activation.h"
#include "ops/device/mma.h"

namespace ltw::cuda {

struct RunningSoftmax {
  float scale;  // weights are exp2(scale * (score - reference))
  float slack;  // by how much scores may exceed the reference
  float reference[2] = {-INFINITY, -INFINITY};
  float sum[2] = {};  // this thread's columns only, until finish()

  __device__ RunningSoftmax(float scale) : scale(scale), slack(8 / scale) {}

  // Makes the largest score the reference and shrinks the sums to it, where some score of the warp's rows is
  // beyond the slack. Weights are thus at most 2^8, and after the first tiles nothing but the look for the
  // largest remains of this.
  template <int kTiles, int kOutTiles>
  __device__ void raise(const float (&scores)[kTiles][4], float (&out)[kOutTiles][4]) {
    float top[2] = {scores[0][0], scores[0][2]};
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
      top[0] = fmaxf(top[0], fmaxf(scores[n][0], scores[n][1]));
      top[1] = fmaxf(top[1], fmaxf(scores[n][2], scores[n][3]));
    }
    if (!__any_sync(~0u, top[0] > reference[0] + slack || top[1] > reference[1] + slack)) return;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float raised = fmaxf(top[half], reference[half]);
      raised = fmaxf(raised, __shfl_xor_sync(~0u, raised, 1));
      raised = fmaxf(raised, __shfl_xor_sync(~0u, raised, 2));
      const float shrink = exp2_approximate((reference[half] - raised) * scale);
      reference[half] = raised;
      sum[half] *= shrink;
#pragma unroll
      for (int n = 0; n < kOutTiles; ++n) {
        out[n][2 * half] *= shrink;
        out[n][2 * half + 1] *= shrink;
      }
    }
  }

  // Weights as the first operand of a product.
  template <int kTiles>
  __device__ void weigh(const float (&scores)[kTiles][4], uint32_t (&weights)[kTiles / 2][4]) {
    const float offset[2] = {reference[0] * scale, reference[1] * scale};
#pragma unroll
    for (int n = 0; n < kTiles; ++n) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float left = exp2_approximate(fmaf(scores[n][2 * half], scale, -offset[half]));
        const float right = exp2_approximate(fmaf(scores[n][2 * half + 1], scale, -offset[half]));
        sum[half] += left + right;
        weights[n / 2][n % 2 * 2 + half] = pack_halves(left, right);
      }
    }
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
};

}  // namespace ltw::cuda
