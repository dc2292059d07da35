#include "backend/devices.h"

#include <algorithm>

#include "backend/cuda/error.h"

namespace ltw {
namespace {

using cuda::check;

// 13000 -> "13.0"
std::string version(int number) { return text(number / 1000, ".", number % 1000 / 10); }

// Only the current device tells, and to become that takes memory of it. One that others have filled or hold
// alone is no reason to refuse the rest.
void find_free_bytes(int ordinal, CudaDeviceInfo& info) {
  int current = 0;
  check(cudaGetDevice(&current), "cudaGetDevice");
  size_t free = 0, total = 0;
  cudaError_t status = cudaSetDevice(ordinal);
  if (status == cudaSuccess) status = cudaMemGetInfo(&free, &total);
  cudaSetDevice(current);
  cudaGetLastError();
  info.free_bytes = static_cast<int64_t>(free);
  if (status == cudaErrorMemoryAllocation) {
    info.problem = "other programs hold its memory: end them (nvidia-smi lists them), or use another GPU";
  } else if (status != cudaSuccess) {
    info.problem = text("it cannot be used now: ", cudaGetErrorString(status), " (", cudaGetErrorName(status),
                        "); nvidia-smi lists who uses it");
  }
}

}  // namespace

int cuda_device_count() {
  int driver = 0, count = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    fail(Status::kDeviceError, "no NVIDIA driver on this machine: install it, or use the CPU");
  }
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    fail(Status::kDeviceError, "the NVIDIA driver supports CUDA ", version(driver), ", this build needs ",
         version(CUDART_VERSION), ": update the driver");
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    cudaGetLastError();
    fail(Status::kDeviceError,
         "the NVIDIA driver sees no GPU: see what nvidia-smi says and whether CUDA_VISIBLE_DEVICES hides it");
  }
  check(status, "cudaGetDeviceCount");
  return count;
}

CudaDeviceInfo cuda_device_info(int ordinal) {
  const int count = cuda_device_count();
  if (ordinal < 0 || ordinal >= count) {
    fail(Status::kDeviceError, "there is no GPU of number ", ordinal, ": this machine has ", count,
         count == 1 ? ", cuda:0" : ", numbered from 0");
  }
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, ordinal), "cudaGetDeviceProperties");
  char bus[32] = "";
  check(cudaDeviceGetPCIBusId(bus, sizeof bus, ordinal), "cudaDeviceGetPCIBusId");
  CudaDeviceInfo info;
  info.name = properties.name;
  info.pci_bus_id = bus;
  info.capability = 10 * properties.major + properties.minor;
  info.multiprocessors = properties.multiProcessorCount;
  info.total_bytes = static_cast<int64_t>(properties.totalGlobalMem);
  if (info.capability < kOldestCapability) {
    info.problem = text("compute capability ", properties.major, ".", properties.minor,
                        " is too old: use a GPU of 8.0 (Ampere) or newer, or the CPU");
  } else {
    find_free_bytes(ordinal, info);
  }
  return info;
}

}  // namespace ltw
