// Kernels that begin while the one before still runs (programmatic dependent launch, compute capability 9.0):
// what comes before wait_for_earlier_kernels() overlaps with its end, and no launch leaves a gap.
//
// The rule: in a kernel queued by launch_early() every thread waits before it reads or writes what an earlier
// kernel writes or reads. Waiting lasts until the kernel before has ended whole, which waited for the one
// before it; so a kernel that ends without having waited would break the chain for all that follow. Only what
// no kernel of the stream writes may be touched earlier: weights, for which Packer::finish() waits on the
// host. let_next_kernel_begin() promises nothing about memory and may stand first: the next kernel's blocks
// come when all of this one's have it behind them, so they never take a place that these still need. It
// belongs into kernels that a product follows, whose blocks want a whole multiprocessor each. Not into
// products: where they leave multiprocessors idle, the many small blocks of a norm would crowd there instead
// of waiting for all (a UNet of 2: 4.69 ms became 4.91).
#pragma once

#include <type_traits>

#include "backend/cuda/cuda_backend.h"

namespace ltw::cuda {

// Until everything that earlier kernels wrote can be read. For older devices nothing: kernels never overlap.
__device__ inline void wait_for_earlier_kernels() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// The next kernel's blocks may take the multiprocessors that this kernel's blocks leave.
__device__ inline void let_next_kernel_begin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

struct LaunchShape {
  dim3 grid, block;
  size_t shared_bytes = 0;
  unsigned cluster = 1;  // blocks along x
};

// Queues a kernel that keeps the rule.
template <typename... Parameters>
void launch_early(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape,
                  const CudaBackend& device, const std::type_identity_t<Parameters>&... arguments) {
  cudaLaunchAttribute attributes[2]{};
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = device.stream();
  config.attrs = attributes;
  if (device.limits().capability >= 90) {
    attributes[config.numAttrs].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[config.numAttrs++].val.programmaticStreamSerializationAllowed = 1;
  }
  if (shape.cluster > 1) {
    attributes[config.numAttrs].id = cudaLaunchAttributeClusterDimension;
    attributes[config.numAttrs++].val.clusterDim = {shape.cluster, 1, 1};
  }
  check(cudaLaunchKernelEx(&config, kernel, arguments...), name);
}

}  // namespace ltw::cuda
