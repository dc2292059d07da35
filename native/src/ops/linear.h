#pragma once

#include "backend/context.h"
#include "ops/epilogue.h"
#include "ops/weights.h"

namespace ltw {

// dst [..., out] = epilogue(src [..., in] * weights^T + bias); [..., out / 2] with Activation::kGeglu. Source
// and destination may be channel slices.
void linear(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue,
            Context& ctx);

namespace cpu {
decltype(ltw::linear) linear;
}

namespace cuda {
decltype(ltw::linear) linear;
}

}  // namespace ltw
