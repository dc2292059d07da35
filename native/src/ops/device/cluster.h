// Thread block clusters: blocks that run at the same time and read each other's shared memory (compute
// capability 9.0). For older devices these compile to nothing and may not be reached.
#pragma once

#include <cstdint>

#include "ops/device/async_copy.h"

namespace ltw::cuda {

// What a block wrote before it arrives, the cluster's blocks see after they waited.
__device__ inline void arrive_at_cluster() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
#endif
}

__device__ inline void wait_for_cluster() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#endif
}

// Both at once.
__device__ inline void cluster_sync() {
  arrive_at_cluster();
  wait_for_cluster();
}

__device__ inline int cluster_rank() {
  int rank = 0;
#if __CUDA_ARCH__ >= 900
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
#endif
  return rank;
}

// Where block `rank` has what lies at `own` in this block's shared memory.
__device__ inline uint32_t address_in_block(const void* own, int rank) {
  uint32_t theirs = 0;
#if __CUDA_ARCH__ >= 900
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(theirs) : "r"(shared_address(own)), "r"(rank));
#endif
  return theirs;
}

// `own`, a place in this block's shared memory, as block `rank` of the cluster filled it.
__device__ inline float2 read_from_block(const float2* own, int rank) {
  float2 value{};
#if __CUDA_ARCH__ >= 900
  asm volatile("ld.shared::cluster.v2.f32 {%0, %1}, [%2];"
               : "=f"(value.x), "=f"(value.y)
               : "r"(address_in_block(own, rank))
               : "memory");
#endif
  return value;
}

__device__ inline float4 read_from_block(const float4* own, int rank) {
  float4 value{};
#if __CUDA_ARCH__ >= 900
  asm volatile("ld.shared::cluster.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(value.x), "=f"(value.y), "=f"(value.z), "=f"(value.w)
               : "r"(address_in_block(own, rank))
               : "memory");
#endif
  return value;
}

}  // namespace ltw::cuda
