// wgmma.h's products of float16: the first operand from shared memory or registers, the second with its depth
// along the rows of its tile or across them. Each warp has 16 rows of c, laid out as in mma.h.
#pragma once

#include "ops/device/wgmma.h"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// Like wgmma_matrix(), but the depth are the 16 rows from `shared` on and the columns lie along them; beyond
// 64 they go on in the next tile, `next_tile` bytes away.
__device__ inline uint64_t wgmma_matrix_across(uint32_t shared, uint32_t next_tile) {
  constexpr uint64_t kSwizzle128 = 1ull << 62, kEightRows = 1024ull >> 4 << 32;
  return kSwizzle128 | kEightRows | static_cast<uint64_t>(next_tile >> 4) << 16 | (shared & 0x3ffff) >> 4;
}

// Operand lists of the products with N = 8 * tiles columns.
// clang-format off
#define LTW_D4 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define LTW_D5 LTW_D4 ", %16, %17, %18, %19"
#define LTW_D6 LTW_D5 ", %20, %21, %22, %23"
#define LTW_D8 LTW_D6 ", %24, %25, %26, %27, %28, %29, %30, %31"
#define LTW_D10 LTW_D8 ", %32, %33, %34, %35, %36, %37, %38, %39"
#define LTW_D16 LTW_D10 ", %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, " \
  "%52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define LTW_D20 LTW_D16 ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"
#define LTW_D32 LTW_D20 ", %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, " \
  "%100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, %120, " \
  "%121, %122, %123, %124, %125, %126, %127"
#define LTW_C(io, n) io(c[n][0]), io(c[n][1]), io(c[n][2]), io(c[n][3])
#define LTW_C2(io, n) LTW_C(io, n), LTW_C(io, n + 1)
#define LTW_C4(io) LTW_C2(io, 0), LTW_C2(io, 2)
#define LTW_C5(io) LTW_C4(io), LTW_C(io, 4)
#define LTW_C6(io) LTW_C5(io), LTW_C(io, 5)
#define LTW_C8(io) LTW_C6(io), LTW_C2(io, 6)
#define LTW_C10(io) LTW_C8(io), LTW_C2(io, 8)
#define LTW_C16(io) LTW_C10(io), LTW_C2(io, 10), LTW_C2(io, 12), LTW_C2(io, 14)
#define LTW_C20(io) LTW_C16(io), LTW_C2(io, 16), LTW_C2(io, 18)
#define LTW_C32(io) LTW_C20(io), LTW_C2(io, 20), LTW_C2(io, 22), LTW_C2(io, 24), LTW_C2(io, 26), \
  LTW_C2(io, 28), LTW_C2(io, 30)
#define LTW_SET "=f"
#define LTW_ADD "+f"

// c [64, N] = a [64, 16] b [N, 16]^T, plus c if `add`.
#define LTW_WGMMA(tiles, n, i0, i1, i2)                                                                   \
  __device__ inline void wgmma_multiply_add(float (&c)[tiles][4], uint64_t a, uint64_t b, int add) {      \
    asm volatile(                                                                                         \
        "{\n.reg .pred add;\nsetp.ne.b32 add, %" i2 ", 0;\n"                                             \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, %" i0 ", %" i1 ", add, "\
        "1, 1, 0, 0;\n}"                                                                                  \
        : LTW_C##tiles(LTW_ADD)                                                                           \
        : "l"(a), "l"(b), "r"(add));                                                                      \
  }
// c [64, N] (+)= a [64, 16] b [N, 16]^T.
#define LTW_WGMMA_ROWS(tiles, n, i0, i1)                                                                  \
  __device__ inline void wgmma_set(float (&c)[tiles][4], uint64_t a, uint64_t b) {                        \
    asm volatile(                                                                                         \
        "{\n.reg .pred add;\nsetp.ne.b32 add, 0, 0;\n"                                                    \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, %" i0 ", %" i1 ", add, "\
        "1, 1, 0, 0;\n}"                                                                                  \
        : LTW_C##tiles(LTW_SET)                                                                           \
        : "l"(a), "l"(b));                                                                                \
  }                                                                                                       \
  __device__ inline void wgmma_add(float (&c)[tiles][4], uint64_t a, uint64_t b) {                        \
    asm volatile(                                                                                         \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, %" i0 ", %" i1 ", "    \
        "1, 1, 1, 0, 0;"                                                                                  \
        : LTW_C##tiles(LTW_ADD)                                                                           \
        : "l"(a), "l"(b));                                                                                \
  }
// c [64, N] += a [64, 16] b [16, N]; a in registers, laid out as in mma.h.
#define LTW_WGMMA_ACROSS(tiles, n, i0, i1, i2, i3, i4)                                                    \
  __device__ inline void wgmma_add_across(float (&c)[tiles][4], const uint32_t (&a)[4], uint64_t b) {     \
    asm volatile(                                                                                         \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, "                      \
        "{%" i0 ", %" i1 ", %" i2 ", %" i3 "}, %" i4 ", 1, 1, 1, 1;"                                      \
        : LTW_C##tiles(LTW_ADD)                                                                           \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                            \
  }
// c [64, N] (+)= a [64, 16] b [N, 16]^T; a in registers, laid out as in mma.h.
#define LTW_WGMMA_HELD(tiles, n, i0, i1, i2, i3, i4)                                                      \
  __device__ inline void wgmma_set(float (&c)[tiles][4], const uint32_t (&a)[4], uint64_t b) {            \
    asm volatile(                                                                                         \
        "{\n.reg .pred add;\nsetp.ne.b32 add, 0, 0;\n"                                                    \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, "                      \
        "{%" i0 ", %" i1 ", %" i2 ", %" i3 "}, %" i4 ", add, 1, 1, 0;\n}"                                  \
        : LTW_C##tiles(LTW_SET)                                                                           \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                            \
  }                                                                                                       \
  __device__ inline void wgmma_add(float (&c)[tiles][4], const uint32_t (&a)[4], uint64_t b) {            \
    asm volatile(                                                                                         \
        "wgmma.mma_async.sync.aligned.m64n" n "k16.f32.f16.f16 {" LTW_D##tiles "}, "                      \
        "{%" i0 ", %" i1 ", %" i2 ", %" i3 "}, %" i4 ", 1, 1, 1, 0;"                                      \
        : LTW_C##tiles(LTW_ADD)                                                                           \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                            \
  }
// clang-format on

LTW_WGMMA(10, "80", "40", "41", "42")
LTW_WGMMA(16, "128", "64", "65", "66")
LTW_WGMMA(20, "160", "80", "81", "82")
LTW_WGMMA_ROWS(4, "32", "16", "17")
LTW_WGMMA_ROWS(6, "48", "24", "25")
LTW_WGMMA_ROWS(8, "64", "32", "33")
LTW_WGMMA_ROWS(10, "80", "40", "41")
LTW_WGMMA_HELD(4, "32", "16", "17", "18", "19", "20")
LTW_WGMMA_HELD(6, "48", "24", "25", "26", "27", "28")
LTW_WGMMA_HELD(8, "64", "32", "33", "34", "35", "36")
LTW_WGMMA_HELD(10, "80", "40", "41", "42", "43", "44")
LTW_WGMMA_ACROSS(5, "40", "20", "21", "22", "23", "24")
LTW_WGMMA_ACROSS(8, "64", "32", "33", "34", "35", "36")
LTW_WGMMA_ACROSS(10, "80", "40", "41", "42", "43", "44")
LTW_WGMMA_ACROSS(20, "160", "80", "81", "82", "83", "84")
LTW_WGMMA_ACROSS(32, "256", "128", "129", "130", "131", "132")

#undef LTW_WGMMA
#undef LTW_WGMMA_ROWS
#undef LTW_WGMMA_HELD
#undef LTW_WGMMA_ACROSS

#endif

}  // namespace ltw::cuda
