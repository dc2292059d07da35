// Picks a backend's kernel: dispatch(ctx, conv2d, args...) calls cpu::conv2d or cuda::conv2d with args and
// ctx.
#pragma once

#include "backend/context.h"

#define LTW_DISPATCH(op, ctx, ...)                                                              \
  do {                                                                                          \
    ensure((ctx).backend().device() == DeviceKind::kCpu, #op " has no kernel for this device"); \
    cpu::op(__VA_ARGS__, ctx);                                                                  \
  } while (false)
