// Which GPUs there are, and why there are none: also in a build without CUDA and where there is no driver.
#pragma once

#include <cstdint>
#include <string>

namespace ltw {

constexpr int kOldestCapability = 80;  // mma.m16n8k16 and cp.async

struct CudaDeviceInfo {
  std::string name, pci_bus_id;
  int capability = 0, multiprocessors = 0;  // capability: 90 for 9.0
  int64_t total_bytes = 0, free_bytes = 0;  // free_bytes: 0 where `problem` is set
  std::string problem;                      // why it cannot be used and what to do; empty when it can
};

// At least 1. Throws Error(kDeviceError) with the reason that there is none and what to do.
int cuda_device_count();
// Throws Error(kDeviceError) for one that is not there.
CudaDeviceInfo cuda_device_info(int ordinal);

}  // namespace ltw
