#include "ops/torch_normal.h"

#include "ops/dispatch.h"

namespace ltw {

void torch_normal(const Tensor& dst, uint64_t seed, uint64_t draw, Context& ctx) {
  ensure(dst.shape.rank() == 4 && dst.dense() && dst.dtype == DType::kF32,
         "torch_normal writes dense float32 images");
  LTW_DISPATCH(torch_normal, ctx, dst, seed, draw);
}

}  // namespace ltw
