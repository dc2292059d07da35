// wgmma.h's products with operands of 8 bits (e4m3): tiles are [rows][128] with the 128-byte swizzle, and
// 32 bytes are the next 32 of depth.
#pragma once

#include "ops/device/wgmma_tiles.h"

namespace ltw::cuda {

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// c [64, N] = a [64, 32] b [N, 32]^T, plus c if `add`; laid out as wgmma_multiply_add()'s.
// clang-format off
#define LTW_WGMMA_E4M3(tiles, n, i0, i1, i2)                                                              \
  __device__ inline void wgmma_e4m3(float (&c)[tiles][4], uint64_t a, uint64_t b, int add) {              \
    asm volatile(                                                                                         \
        "{\n.reg .pred add;\nsetp.ne.b32 add, %" i2 ", 0;\n"                                              \
        "wgmma.mma_async.sync.aligned.m64n" n "k32.f32.e4m3.e4m3 {" LTW_D##tiles "}, %" i0 ", %" i1       \
        ", add, 1, 1;\n}"                                                                                 \
        : LTW_C##tiles(LTW_ADD)                                                                           \
        : "l"(a), "l"(b), "r"(add));                                                                      \
  }
// clang-format on

LTW_WGMMA_E4M3(10, "80", "40", "41", "42")
LTW_WGMMA_E4M3(16, "128", "64", "65", "66")
LTW_WGMMA_E4M3(20, "160", "80", "81", "82")

#undef LTW_WGMMA_E4M3

#endif

}  // namespace ltw::cuda
