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

// Makes this thread's ordinary writes to shared memory visible to wgmma, after the next barrier.
__device__ inline void wgmma_sees_shared() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

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

// c [64, N] = a [64, 16] b [N, 16]^T, plus c if `add`; each warp has 16 of the rows, laid out as in mma.h.
// One per N.
// clang-format off
#define LTW_SUMS(n) "+f"(c[n][0]), "+f"(c[n][1]), "+f"(c[n][2]), "+f"(c[n][3])
__device__ inline void wgmma_multiply_add(float (&c)[10][4], uint64_t a, uint64_t b, int add) {
  asm volatile(
      "{\n.reg .pred add;\nsetp.ne.b32 add, %42, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39}, "
      "%40, %41, add, 1, 1, 0, 0;\n}"
      : LTW_SUMS(0), LTW_SUMS(1), LTW_SUMS(2), LTW_SUMS(3), LTW_SUMS(4), LTW_SUMS(5), LTW_SUMS(6), LTW_SUMS(7),
        LTW_SUMS(8), LTW_SUMS(9)
      : "l"(a), "l"(b), "r"(add));
}

__device__ inline void wgmma_multiply_add(float (&c)[16][4], uint64_t a, uint64_t b, int add) {
  asm volatile(
      "{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
      "%64, %65, add, 1, 1, 0, 0;\n}"
      : LTW_SUMS(0), LTW_SUMS(1), LTW_SUMS(2), LTW_SUMS(3), LTW_SUMS(4), LTW_SUMS(5), LTW_SUMS(6), LTW_SUMS(7),
        LTW_SUMS(8), LTW_SUMS(9), LTW_SUMS(10), LTW_SUMS(11), LTW_SUMS(12), LTW_SUMS(13), LTW_SUMS(14), LTW_SUMS(15)
      : "l"(a), "l"(b), "r"(add));
}

__device__ inline void wgmma_multiply_add(float (&c)[20][4], uint64_t a, uint64_t b, int add) {
  asm volatile(
      "{\n.reg .pred add;\nsetp.ne.b32 add, %82, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n160k16.f32.f16.f16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79}, "
      "%80, %81, add, 1, 1, 0, 0;\n}"
      : LTW_SUMS(0), LTW_SUMS(1), LTW_SUMS(2), LTW_SUMS(3), LTW_SUMS(4), LTW_SUMS(5), LTW_SUMS(6), LTW_SUMS(7),
        LTW_SUMS(8), LTW_SUMS(9), LTW_SUMS(10), LTW_SUMS(11), LTW_SUMS(12), LTW_SUMS(13), LTW_SUMS(14), LTW_SUMS(15),
        LTW_SUMS(16), LTW_SUMS(17), LTW_SUMS(18), LTW_SUMS(19)
      : "l"(a), "l"(b), "r"(add));
}

#undef LTW_SUMS
// clang-format on

#endif

}  // namespace ltw::cuda
