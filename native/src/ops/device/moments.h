// Count, mean and sum of squared deviations, combined pairwise (Chan, Golub and LeVeque 1983): a mean far
// from zero costs no digits of the variance.
#pragma once

namespace ltw::cuda {

struct Moments {
  float count = 0, mean = 0, m2 = 0;

  __device__ void add(const Moments& other) {
    if (other.count == 0) return;
    const float total = count + other.count, delta = other.mean - mean, share = other.count / total;
    mean += delta * share;
    m2 += other.m2 + delta * delta * count * share;
    count = total;
  }
};

// Of all 32 lanes; lane 0 gets the result, always added in the same order.
__device__ inline Moments warp_total(Moments own) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    own.add({__shfl_down_sync(~0u, own.count, distance), __shfl_down_sync(~0u, own.mean, distance),
             __shfl_down_sync(~0u, own.m2, distance)});
  }
  return own;
}

}  // namespace ltw::cuda
