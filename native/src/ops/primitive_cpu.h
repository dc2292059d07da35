// What the ops on oneDNN share: epilogues as attributes, and primitives as submitted steps.
#pragma once

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backend/context.h"
#include "backend/cpu/dnnl.h"
#include "ops/epilogue.h"
#include "ops/weights.h"

namespace ltw::cpu {

using Arguments = std::unordered_map<int, dnnl::memory>;

// What PackedWeights::layout points to.
struct CpuLayout {
  dnnl::memory::desc packed;
  // Copies in other layouts, for shapes that oneDNN has no fast kernel for in the packed one.
  mutable std::vector<std::pair<dnnl::memory::desc, Buffer>> others;
};

inline const CpuLayout& layout_of(const PackedWeights& weights) {
  return *static_cast<const CpuLayout*>(weights.layout.get());
}

// The weights in the layout `wanted`: as packed, or a copy that is made once and kept.
dnnl::memory weights_in(const PackedWeights& weights, const dnnl::memory::desc& wanted, Backend& backend);

inline bool is_reference(const dnnl::primitive_desc_base& description) {
  return std::strncmp(description.impl_info_str(), "ref", 3) == 0;
}

// Scratch memory is ours, so that a step allocates none.
inline dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

enum class Residual { kNone, kInPlace, kElsewhere };

inline Residual residual_of(const Tensor& dst, const Epilogue& epilogue) {
  if (!epilogue.residual) return Residual::kNone;
  return epilogue.residual->data == dst.data ? Residual::kInPlace : Residual::kElsewhere;
}

inline void append_activation(Activation activation, dnnl::post_ops& ops) {
  if (activation == Activation::kSilu) ops.append_eltwise(dnnl::algorithm::eltwise_swish, 1.0f, 0.0f);
  if (activation == Activation::kQuickGelu) ops.append_eltwise(dnnl::algorithm::eltwise_swish, 1.702f, 0.0f);
  if (activation == Activation::kGelu) ops.append_eltwise(dnnl::algorithm::eltwise_gelu_erf, 0.0f, 0.0f);
}

// activation, then the residual. oneDNN may write partial sums to the destination, so a residual in place has
// to be a sum, which it knows to read first.
inline dnnl::primitive_attr epilogue_attributes(const Epilogue& epilogue, Residual residual,
                                                const dnnl::memory::desc& residual_desc) {
  dnnl::post_ops ops;
  append_activation(epilogue.activation, ops);
  if (residual == Residual::kInPlace) ops.append_sum();
  if (residual == Residual::kElsewhere) ops.append_binary(dnnl::algorithm::binary_add, residual_desc);
  dnnl::primitive_attr attributes = user_scratchpad();
  attributes.set_post_ops(ops);
  return attributes;
}

inline int residual_argument(const Epilogue& epilogue) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(epilogue.activation == Activation::kNone ? 0 : 1) | DNNL_ARG_SRC_1;
}

inline int64_t scratchpad_bytes(const dnnl::primitive_desc_base& description) {
  return static_cast<int64_t>(description.scratchpad_desc().get_size());
}

}  // namespace ltw::cpu
