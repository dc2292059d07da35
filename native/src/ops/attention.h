#pragma once

#include "backend/context.h"

namespace ltw {

struct AttentionParams {
  int64_t heads = 1;
  bool causal = false;  // query i sees keys 0..i, of which there are no fewer than queries
};

// dst [n, tq, heads * d] = softmax(q k^T / sqrt(d)) v per head; q [n, tq, heads * d], k and v [n, tk, heads *
// d]. Head h owns channels [h * d, (h + 1) * d). All may be channel slices of wider tensors.
void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx);

namespace cpu {
decltype(ltw::attention) attention;
}

namespace cuda {
decltype(ltw::attention) attention;
}

}  // namespace ltw
