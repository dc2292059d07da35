// Kernels launched with programmatic stream serialization (9.0) begin while the one before still runs: all
// that comes before wait_for_earlier_kernels() overlaps with its end.
#pragma once

namespace ltw::cuda {

// Until everything that earlier kernels wrote can be read.
__device__ inline void wait_for_earlier_kernels() { asm volatile("griddepcontrol.wait;" ::: "memory"); }

// The next kernel's blocks may take the multiprocessors that this kernel's blocks leave.
__device__ inline void let_next_kernel_begin() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

}  // namespace ltw::cuda
