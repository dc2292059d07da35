#include "backend/cuda/error.h"

namespace ltw::cuda {

void fail_cuda(cudaError_t status, const char* what) {
  cudaGetLastError();  // what can be got over must not be met again by check_launch()
  int device = -1;
  cudaGetDevice(&device);
  fail(status == cudaErrorMemoryAllocation ? Status::kOutOfMemory : Status::kDeviceError, "cuda:", device,
       " failed in ", what, ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

}  // namespace ltw::cuda
