// Tensor-core instructions for float16 operands and float32 sums (compute capability 8.0).
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

namespace ltw::cuda {

// Four 8x8 matrices; lane i names row i % 8 of matrix i / 8 and receives elements (i / 4, 2 (i % 4)...) of
// each.
__device__ inline void load_matrices(uint32_t (&r)[4], uint32_t shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared)
               : "memory");
}

// The same, each matrix transposed.
__device__ inline void load_matrices_transposed(uint32_t (&r)[4], uint32_t shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared)
               : "memory");
}

// The other way: lane i names row i % 8 of matrix i / 8 and gives elements (i / 4, 2 (i % 4)...) of each
// (9.0).
__device__ inline void store_matrices(const uint32_t (&r)[4], uint32_t shared) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%4], {%0, %1, %2, %3};" ::"r"(r[0]), "r"(r[1]),
               "r"(r[2]), "r"(r[3]), "r"(shared)
               : "memory");
}

// c [16, 8] += a [16, 16] b [16, 8]. With g = lane / 4 and t = lane % 4: a holds rows g, g + 8, g, g + 8 at
// columns 2t, 2t, 2t + 8, 2t + 8; b columns g at rows 2t, 2t + 8; c rows g, g, g + 8, g + 8 at columns 2t,
// 2t + 1, 2t, 2t + 1.
__device__ inline void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Two floats rounded to float16, the first in the low half.
__device__ inline uint32_t pack_halves(float low, float high) {
  const __half2 pair = __floats2half2_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}
__device__ inline float2 unpack_halves(uint32_t pair) {
  return __half22float2(*reinterpret_cast<const __half2*>(&pair));
}

}  // namespace ltw::cuda
