#pragma once

#include "backend/context.h"
#include "ops/epilogue.h"
#include "ops/weights.h"

namespace ltw {

struct Conv2dParams {
  int stride = 1;
  int pad_begin = 1;      // zeros above and left
  int pad_end = 1;        // zeros below and right
  bool upsample = false;  // the source is seen at twice its size, nearest neighbour
};

// Height or width of the output for a source of `size`.
int64_t conv2d_out_size(int64_t size, int64_t kernel, const Conv2dParams& params);

// dst [n, ho, wo, co] = epilogue(window(src [n, h, w, ci]) * weights + bias)
void conv2d(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Conv2dParams& params,
            const Epilogue& epilogue, Context& ctx);

namespace cpu {
decltype(ltw::conv2d) conv2d;
}

namespace cuda {
decltype(ltw::conv2d) conv2d;
}

}  // namespace ltw
