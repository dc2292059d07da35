// Between group_norm_cuda.cpp, which chooses, and the files that hold the kernels.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

#include "backend/cuda/cuda_backend.h"
#include "ops/group_norm/group_norm_slices.h"

namespace ltw::cuda {

template <typename T>
struct GroupNormArgs {
  const T *src, *src2;        // [n, pixels, channels1], [n, pixels, channels - channels1], or null
  T* dst;                     // [n, pixels, channels]; e4m3 where inverse_scale is above 0
  const float *gamma, *beta;  // [channels]
  int64_t src_stride, src2_stride, dst_stride;
  int samples, pixels, channels1, channels, groups;
  float eps;
  float inverse_scale;  // 1 / the scale of an e4m3 dst
  bool silu;

  // Tensors are made of whole chunks of 8 channels, on 16-byte boundaries.
  bool wide() const {
    const int64_t elements = src_stride | src2_stride | dst_stride | channels1 | channels;
    const uintptr_t addresses = reinterpret_cast<uintptr_t>(src) | reinterpret_cast<uintptr_t>(src2) |
                                reinterpret_cast<uintptr_t>(dst);
    return elements % 8 == 0 && addresses % 16 == 0;
  }
};

// Any shape and device: reads src twice. `scratch`: as many floats as group_norm_scratch() says.
int64_t group_norm_scratch(int64_t samples, int64_t pixels, int64_t channels, int64_t groups);
template <typename T>
void launch_group_norm_two_pass(const GroupNormArgs<T>& args, float* scratch, const CudaBackend& device);

// Compute capability 9.0, wide tensors: reads src once.
void launch_group_norm_cluster(const GroupNormArgs<__half>& args, const GroupNormSlices& slices,
                               const CudaBackend& device);

}  // namespace ltw::cuda
