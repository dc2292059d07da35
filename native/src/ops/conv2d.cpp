#include "ops/conv2d.h"

#include "ops/dispatch.h"
#include "ops/terms.h"

namespace ltw {
namespace {

Work work(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Conv2dParams& params,
          const Epilogue& epilogue) {
  // Seen at twice its size, a source has but 2x2 pixels under a 3x3 window.
  const int64_t window = params.upsample ? 4 : weights.kernel * weights.kernel;
  const int64_t depth = src.channels() * window + term_channels(epilogue);
  const char* kind = params.upsample ? " upsampled" : params.stride == 2 ? " stride 2" : "";
  return {"conv2d",
          text("B", src.shape[0], " ", src.channels(), ">", dst.channels(), " @", src.shape[1], " k",
               weights.kernel, kind, epilogue),
          dst.rows() / dst.shape[0],
          2.0 * static_cast<double>(dst.shape.size() * depth),
          static_cast<double>(src.bytes() + weights.weight.bytes() + written_and_added(dst, epilogue)),
          &weights,
          src};
}

}  // namespace

int64_t conv2d_out_size(int64_t size, int64_t kernel, const Conv2dParams& params) {
  const int64_t padded = (params.upsample ? 2 * size : size) + params.pad_begin + params.pad_end;
  return (padded - kernel) / params.stride + 1;
}

void conv2d(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Conv2dParams& params,
            const Epilogue& epilogue, Context& ctx) {
  ensure(src.shape.rank() == 4 && src.channels() == weights.in_channels && src.dense(), "conv2d: ", src.shape,
         " into ", weights.in_channels, " channels");
  const Shape expected{src.shape[0], conv2d_out_size(src.shape[1], weights.kernel, params),
                       conv2d_out_size(src.shape[2], weights.kernel, params), weights.out_channels};
  ensure(dst.shape == expected && dst.dense(), "conv2d writes ", expected, ", not ", dst.shape);
  ensure(expected[1] > 0 && expected[2] > 0, "conv2d: the window is larger than ", src.shape);
  ensure(epilogue.activation != Activation::kGeglu, "conv2d has no GEGLU");
  ensure(!epilogue.residual || (epilogue.residual->shape == dst.shape && epilogue.residual->dense()),
         "conv2d: residual of another shape");
  ensure(!epilogue.sample_bias || epilogue.sample_bias->shape == Shape{dst.shape[0], dst.channels()},
         "conv2d: sample_bias is [n, out_channels]");
  ensure(!params.upsample || (weights.kernel == 3 && epilogue.terms.empty()),
         "conv2d: over an upsampled image 3x3 without terms");
  check_terms(dst, epilogue);
  if (!epilogue.terms.empty() && !sums_terms(dst, src, epilogue, ctx)) {
    return conv2d(dst, src, weights, params, add_terms(dst, epilogue, ctx), ctx);
  }
  ctx.describe([&] { return work(dst, src, weights, params, epilogue); });
  LTW_DISPATCH(conv2d, ctx, dst, src, weights, params, epilogue);
}

}  // namespace ltw
