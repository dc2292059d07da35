#include "ops/attention.h"

#include "ops/dispatch.h"

namespace ltw {

void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx) {
  ensure(q.shape.rank() == 3 && dst.shape == q.shape, "attention of ", q.shape, " into ", dst.shape);
  ensure(k.shape == v.shape && k.shape.rank() == 3 && k.shape[0] == q.shape[0] &&
             k.channels() == q.channels() && k.shape[1] > 0,
         "attention: keys ", k.shape, " and values ", v.shape, " for queries ", q.shape);
  ensure(params.heads > 0 && q.channels() % params.heads == 0, "attention: ", q.channels(), " channels in ",
         params.heads, " heads");
  ensure(dst.dtype == q.dtype && k.dtype == q.dtype && v.dtype == q.dtype, "attention of several types");
  LTW_DISPATCH(attention, ctx, dst, q, k, v, params);
}

}  // namespace ltw
