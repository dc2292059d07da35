// Hopper's warpgroup products (sm_90a): issued by four warps together, run on their own until waited for.
// Operands are float16 tiles in shared memory, [rows][64] with the 128-byte swizzle, both along the depth.
#pragma once

#include <cstdint>

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// Names the tile at `shared`, whose first row is at a multiple of 1024 bytes; + 32 bytes is the next 16 of
// depth. Eight rows are 1024 bytes.
__device__ inline uint64_t wgmma_matrix(uint32_t shared) {
  constexpr uint64_t kSwizzle128 = 1ull << 62, kEightRows = 1024ull >> 4 << 32, kUnused = 1ull << 16;
  return kSwizzle128 | kEightRows | kUnused | (shared & 0x3ffff) >> 4;
}

// A tile further on by whole units of 16 bytes: fewer instructions than its own name takes. No carry leaves
// the low word.
__device__ inline uint64_t along(uint64_t matrix, uint32_t bytes) {
  uint64_t there;
  asm("mov.b64 %0, {%1, %2};"
      : "=l"(there)
      : "r"(static_cast<uint32_t>(matrix) + bytes / 16), "r"(static_cast<uint32_t>(matrix >> 32)));
  return there;
}

// Ties the sums to this place: the compiler may not move their registers across.
template <int kTiles>
__device__ inline void pin(float (&c)[kTiles][4]) {
#pragma unroll
  for (int n = 0; n < kTiles; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) asm volatile("" : "+f"(c[n][i])::"memory");
  }
}

// Before the first product after the sums' registers were written.
__device__ inline void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Until at most kPending groups are under way. Pin the sums before they are read.
template <int kPending>
__device__ inline void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

// Among the block's first two groups of four warps; barrier 0 is __syncthreads'.
__device__ inline void group_sync(int barrier) {
  asm volatile("bar.sync %0, 256;" ::"r"(barrier) : "memory");
}

// Moves registers between the warpgroups of a block, which begin with equal shares.
template <int kRegisters>
__device__ inline void more_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ inline void fewer_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

#endif

}  // namespace ltw::cuda
