// The way back of tma.h: a box of shared memory into a tensor; what lies outside the tensor is left out.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace ltw::cuda {

// Between a thread's ordinary writes to a box and the barrier after which another stores it.
__device__ inline void finish_box() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

__device__ inline void store_box(const CUtensorMap& map, uint32_t shared, int x, int y) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(&map),
               "r"(shared), "r"(x), "r"(y)
               : "memory");
}

__device__ inline void store_box(const CUtensorMap& map, uint32_t shared, int x, int y, int z, int w) {
  asm volatile(
      "cp.async.bulk.tensor.4d.global.shared::cta.bulk_group [%0, {%2, %3, %4, %5}], [%1];" ::"l"(&map),
      "r"(shared), "r"(x), "r"(y), "r"(z), "r"(w)
      : "memory");
}

// Until this thread's boxes have been read; the block may not end before.
__device__ inline void finish_stores() {
  asm volatile("cp.async.bulk.commit_group;\ncp.async.bulk.wait_group.read 0;" ::: "memory");
}

}  // namespace ltw::cuda
