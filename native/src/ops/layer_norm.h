#pragma once

#include "backend/context.h"
#include "ops/weights.h"

namespace ltw {

// dst [..., c] = norm of each row of src [..., c], then scale and shift.
void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx);

namespace cpu {
void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx);
}

namespace cuda {
void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx);
}

}  // namespace ltw
