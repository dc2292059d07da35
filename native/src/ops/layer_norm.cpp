#include "ops/layer_norm.h"

#include "ops/dispatch.h"

namespace ltw {

void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx) {
  ensure(dst.shape == src.shape, "layer_norm of ", src.shape, " into ", dst.shape);
  ensure(weights.gamma.shape() == Shape{src.channels()} && weights.beta.shape() == Shape{src.channels()},
         "layer_norm: scale of ", weights.gamma.shape(), " for ", src.channels(), " channels");
  ensure(src.dtype == dst.dtype || dst.dtype == DType::kE4M3, "layer_norm of ", name_of(src.dtype), " into ",
         name_of(dst.dtype));
  ctx.describe([&] {
    return Work{"layer_norm", text(src.rows(), "x", src.channels()), src.rows() / src.shape[0], 0,
                static_cast<double>(src.bytes() + dst.bytes())};
  });
  LTW_DISPATCH(layer_norm, ctx, dst, src, weights, eps);
}

}  // namespace ltw
