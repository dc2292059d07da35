#pragma once

#include "backend/context.h"

namespace ltw {

// Whether attention with heads of this size can leave e4m3 (compute capability 9.0).
constexpr bool leaves_e4m3(int64_t head_size) { return head_size % 8 == 0 && head_size <= 160; }

struct AttentionParams {
  int64_t heads = 1;
  bool causal = false;  // query i sees keys 0..i, of which there are no fewer than queries
};

// dst [n, tq, heads * d] = softmax(q k^T / sqrt(d)) v per head; q [n, tq, heads * d], k and v [n, tk, heads *
// d]. Head h owns channels [h * d, (h + 1) * d). All may be channel slices of wider tensors. dst may be e4m3
// where the others are float16 and leaves_e4m3(d).
void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx);

namespace cpu {
decltype(ltw::attention) attention;
}

namespace cuda {
decltype(ltw::attention) attention;
}

}  // namespace ltw
