// Picks a backend's kernel: LTW_DISPATCH(conv2d, ctx, args...) calls cpu::conv2d or cuda::conv2d with args
// and ctx. Both are declared beside conv2d, of its type: decltype(ltw::conv2d).
#pragma once

#include "backend/context.h"

#ifdef LTW_CUDA
#define LTW_DISPATCH(op, ctx, ...)                       \
  do {                                                   \
    if ((ctx).backend().device() == DeviceKind::kCuda) { \
      cuda::op(__VA_ARGS__, ctx);                        \
    } else {                                             \
      cpu::op(__VA_ARGS__, ctx);                         \
    }                                                    \
  } while (false)
#else
#define LTW_DISPATCH(op, ctx, ...)                                                              \
  do {                                                                                          \
    ensure((ctx).backend().device() == DeviceKind::kCpu, #op " has no kernel for this device"); \
    cpu::op(__VA_ARGS__, ctx);                                                                  \
  } while (false)
#endif
