// CUDA's status codes as our errors.
#pragma once

#include <cuda_runtime_api.h>

#include "base/error.h"

namespace ltw::cuda {

[[noreturn]] void fail_cuda(cudaError_t status, const char* what);

inline void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) fail_cuda(status, what);
}

// After every kernel launch: a refused launch leaves no other trace.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

}  // namespace ltw::cuda
