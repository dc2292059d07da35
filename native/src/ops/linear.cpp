#include "ops/linear.h"

#include "ops/dispatch.h"
#include "ops/terms.h"

namespace ltw {
namespace {

Work work(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue) {
  return {"linear",
          text(src.rows(), "x", src.channels(), ">", weights.out_channels, epilogue),
          src.rows() / src.shape[0],
          2.0 * static_cast<double>(src.rows() * (src.channels() + term_channels(epilogue)) *
                                    weights.out_channels),
          static_cast<double>(src.bytes() + weights.weight.bytes() + written_and_added(dst, epilogue)),
          &weights,
          src};
}

}  // namespace

void linear(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue,
            Context& ctx) {
  const bool gated = epilogue.activation == Activation::kGeglu;
  ensure(src.channels() == weights.in_channels && weights.kernel == 1, "linear: ", src.shape, " into ",
         weights.in_channels, " channels");
  ensure(dst.channels() * (gated ? 2 : 1) == weights.out_channels && dst.rows() == src.rows(),
         "linear: ", weights.out_channels, " channels into ", dst.shape, " from ", src.shape);
  ensure(!epilogue.residual || epilogue.residual->shape == dst.shape, "linear: residual of another shape");
  ensure(!epilogue.sample_bias, "linear has no bias per sample");
  check_terms(dst, epilogue);
  if (!epilogue.terms.empty() && !sums_terms(dst, src, epilogue, ctx)) {
    return linear(dst, src, weights, add_terms(dst, epilogue, ctx), ctx);
  }
  ctx.describe([&] { return work(dst, src, weights, epilogue); });
  LTW_DISPATCH(linear, ctx, dst, src, weights, epilogue);
}

}  // namespace ltw
