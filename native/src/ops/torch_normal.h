#pragma once

#include <cstdint>

#include "backend/context.h"

namespace ltw {

// dst [n, h, w, c] float32 = torch.randn([n, c, h, w]) on a CUDA device: draw `draw`, from 0, after
// manual_seed(seed). The layout is that of a GPU that gives every value a thread, up to 125952 values on 82
// multiprocessors of 1536 threads, which is a picture of 2 megapixels. On CUDA the bits are torch's; on the
// CPU values lie within 6e-7 of them.
void torch_normal(const Tensor& dst, uint64_t seed, uint64_t draw, Context& ctx);

namespace cpu {
// Value `index` in torch's order.
float torch_normal_at(uint64_t seed, uint64_t draw, int64_t index);
decltype(ltw::torch_normal) torch_normal;
}  // namespace cpu

namespace cuda {
decltype(ltw::torch_normal) torch_normal;
}

}  // namespace ltw
