#include "backend/devices.h"

#ifndef LTW_CUDA
#include "base/error.h"

namespace ltw {
namespace {

[[noreturn]] void fail_without_cuda() {
  fail(Status::kDeviceError,
       "this build has no CUDA backend: build on a machine with nvcc (cmake -DLTW_CUDA=ON), or use the CPU");
}

}  // namespace

int cuda_device_count() { fail_without_cuda(); }
CudaDeviceInfo cuda_device_info(int) { fail_without_cuda(); }

}  // namespace ltw
#endif
