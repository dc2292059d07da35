#include "ops/quantise.h"

namespace ltw {

void require_e4m3(Backend& backend) {
#ifdef LTW_CUDA
  if (backend.device() == DeviceKind::kCuda) return cuda::require_e4m3(backend);
#endif
  fail(Status::kInvalidArgument, "precision fp8 needs a GPU of compute capability 9.0 (H100, H200), not ",
       backend.description());
}

bool fits_e4m3(const PackedWeights& weights) {
  return weights.in_channels % 16 == 0 && weights.out_channels % 16 == 0;
}

#ifdef LTW_CUDA

void quantise(PackedWeights& weights, float input_scale, Backend& backend) {
  require_e4m3(backend);
  ensure(fits_e4m3(weights) && !weights.quantised() && input_scale > 0, "quantise: ", weights.in_channels,
         " > ", weights.out_channels, " channels, scale ", input_scale);
  cuda::quantise(weights, input_scale, backend);
}

void to_e4m3(const Tensor& dst, const Tensor& src, Context& ctx) {
  ensure(src.dtype == DType::kF16 && dst.dtype == DType::kE4M3 && dst.shape == src.shape && src.dense() &&
             dst.dense() && src.shape.size() % 8 == 0,
         "to_e4m3: ", src.shape, " ", name_of(src.dtype), " to ", dst.shape, " ", name_of(dst.dtype));
  ctx.describe([&] {
    return Work{"to_e4m3", text(dst.shape), dst.rows() / dst.shape[0], 0,
                static_cast<double>(src.bytes() + dst.bytes())};
  });
  cuda::to_e4m3(dst, src, ctx);
}

void raise_peak(const Tensor& peak, const Tensor& src, Context& ctx) {
  ensure(src.dtype == DType::kF16 && src.dense() && peak.dtype == DType::kF32, "raise_peak of ",
         name_of(src.dtype));
  cuda::raise_peak(peak, src, ctx);
}

#else

void quantise(PackedWeights&, float, Backend& backend) { require_e4m3(backend); }
void to_e4m3(const Tensor&, const Tensor&, Context& ctx) { require_e4m3(ctx.backend()); }
void raise_peak(const Tensor&, const Tensor&, Context& ctx) { require_e4m3(ctx.backend()); }

#endif

}  // namespace ltw
