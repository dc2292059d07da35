#include "ops/conv2d.h"
#include "ops/conv2d_narrow.h"
#include "ops/gemm/gemm_args.h"
#include "ops/gemm/gemm_float32.h"
#include "ops/gemm/gemm_fp8.h"

namespace ltw::cuda {

void conv2d(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Conv2dParams& params,
            const Epilogue& epilogue, Context& ctx) {
  GemmArgs args = gemm_args(dst, src, weights, epilogue);
  args.stride = params.stride;
  args.pad = params.pad_begin;  // what lies past the end is zero whatever pad_end says
  args.upsample = params.upsample ? 1 : 0;
  args.upsampled = static_cast<const __half*>(weights.upsampled.data());
  args.height = static_cast<int>(src.shape[1]);
  args.width = static_cast<int>(src.shape[2]);
  args.out_width = static_cast<int>(dst.shape[2]);
  args.out_pixels = static_cast<int>(dst.shape[1] * dst.shape[2]);
  if (weights.quantised()) {
    return ctx.submit([args, scales = fp8_scales(dst, src, weights), &device = backend(ctx)] {
      launch_gemm_fp8(args, scales, device);
    });
  }
  ctx.submit([args, wide = src.dtype == DType::kF32, &device = backend(ctx)] {
    if (wide) return launch_gemm_float32(args, device);
    if (fits_conv2d_narrow(args)) return launch_conv2d_narrow(args, device.stream());
    launch_gemm(args, device);
  });
}

}  // namespace ltw::cuda
