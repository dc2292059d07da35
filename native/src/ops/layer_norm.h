#pragma once

#include "backend/context.h"
#include "ops/weights.h"

namespace ltw {

// dst [..., c] = norm of each row of src [..., c], then scale and shift. dst may be e4m3 where products are
// (quantise.h).
void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx);

namespace cpu {
decltype(ltw::layer_norm) layer_norm;
}

namespace cuda {
decltype(ltw::layer_norm) layer_norm;
}

}  // namespace ltw
