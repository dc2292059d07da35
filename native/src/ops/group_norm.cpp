#include "ops/group_norm.h"

#include "ops/dispatch.h"

namespace ltw {

void group_norm(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
                const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  const int64_t channels = src.channels() + (src2 ? src2->channels() : 0);
  const Shape expected = src.shape.with(src.shape.rank() - 1, channels);
  ensure(src.shape.rank() >= 2 && dst.shape == expected, "group_norm writes ", expected, ", not ", dst.shape);
  ensure(!src2 || src2->shape.with(src2->shape.rank() - 1, channels) == expected, "group_norm: sources ",
         src.shape, " and ", src2 ? src2->shape : Shape{});
  ensure(params.groups > 0 && channels % params.groups == 0, "group_norm: ", channels, " channels in ",
         params.groups, " groups");
  ensure(weights.gamma.shape() == Shape{channels} && weights.beta.shape() == Shape{channels},
         "group_norm: scale of ", weights.gamma.shape(), " for ", channels, " channels");
  ensure((src.dtype == dst.dtype || dst.dtype == DType::kE4M3) && (!src2 || src2->dtype == src.dtype),
         "group_norm of several types");
  ctx.describe([&] {
    return Work{
        params.silu ? "group_norm silu" : "group_norm",
        text("B", src.shape[0], " ", src.channels(), "+", src2 ? src2->channels() : 0, " @", src.shape[1]),
        src.rows() / src.shape[0], 0,
        static_cast<double>(src.rows() * channels * size_of(src.dtype) + dst.bytes())};
  });
  LTW_DISPATCH(group_norm, ctx, dst, src, src2, weights, params);
}

}  // namespace ltw
