#include "ops/attention.h"

#include "ops/dispatch.h"

namespace ltw {
namespace {

Work work(const Tensor& q, const Tensor& k, const AttentionParams& params) {
  return {"attention",
          text("B", q.shape[0], " H", params.heads, " d", q.channels() / params.heads, " ", q.shape[1], "x",
               k.shape[1], params.causal ? " causal" : ""),
          q.shape[1], 4.0 * static_cast<double>(q.shape.size() * k.shape[1]) * (params.causal ? 0.5 : 1.0),
          2.0 * static_cast<double>(q.bytes() + k.bytes())};
}

}  // namespace

void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx) {
  ensure(q.shape.rank() == 3 && dst.shape == q.shape, "attention of ", q.shape, " into ", dst.shape);
  ensure(k.shape == v.shape && k.shape.rank() == 3 && k.shape[0] == q.shape[0] &&
             k.channels() == q.channels() && k.shape[1] > 0,
         "attention: keys ", k.shape, " and values ", v.shape, " for queries ", q.shape);
  ensure(params.heads > 0 && q.channels() % params.heads == 0, "attention: ", q.channels(), " channels in ",
         params.heads, " heads");
  ensure(!params.causal || k.shape[1] >= q.shape[1], "attention: ", q.shape[1], " causal queries of ",
         k.shape[1], " keys");
  const bool narrowed =
      dst.dtype == DType::kE4M3 && q.dtype == DType::kF16 && leaves_e4m3(q.channels() / params.heads);
  ensure((dst.dtype == q.dtype || narrowed) && k.dtype == q.dtype && v.dtype == q.dtype,
         "attention of several types");
  ctx.describe([&] { return work(q, k, params); });
  LTW_DISPATCH(attention, ctx, dst, q, k, v, params);
}

}  // namespace ltw
