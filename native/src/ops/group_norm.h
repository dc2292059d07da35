#pragma once

#include <optional>

#include "backend/context.h"
#include "ops/weights.h"

namespace ltw {

struct GroupNormParams {
  int64_t groups = 32;
  double eps = 1e-5;
  bool silu = false;  // followed by x * sigmoid(x)
};

// dst [n, h, w, c] = norm over (h, w, c / groups) of src, then scale, shift, silu. With `src2` the input is
// the concatenation of both along the channels, which is never made: c = c1 + c2, and a group may span the
// joint. Statistics in float32, two passes. dst may be e4m3 where products are (quantise.h).
void group_norm(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
                const NormWeights& weights, const GroupNormParams& params, Context& ctx);

namespace cpu {
decltype(ltw::group_norm) group_norm;
}

namespace cuda {
decltype(ltw::group_norm) group_norm;
}

}  // namespace ltw
