// One value of kLanes neighbouring lanes' values, always taken together in the same order; all of them get
// it.
#pragma once

namespace ltw::cuda {

template <int kLanes = 32>
__device__ inline float sum_of_lanes(float x) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

template <int kLanes = 32>
__device__ inline float largest_of_lanes(float x) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2)
    x = fmaxf(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

}  // namespace ltw::cuda
