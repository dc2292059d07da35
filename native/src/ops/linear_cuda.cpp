#include "ops/gemm/gemm_args.h"
#include "ops/gemm/gemm_float32.h"
#include "ops/gemm/gemm_fp8.h"
#include "ops/linear.h"

namespace ltw::cuda {

void linear(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue,
            Context& ctx) {
  const GemmArgs args = gemm_args(dst, src, weights, epilogue);
  if (weights.quantised()) {
    return ctx.submit([args, scales = fp8_scales(dst, src, weights), &device = backend(ctx)] {
      launch_gemm_fp8(args, scales, device);
    });
  }
  ctx.submit([args, wide = src.dtype == DType::kF32, &device = backend(ctx)] {
    wide ? launch_gemm_float32(args, device) : launch_gemm(args, device);
  });
}

}  // namespace ltw::cuda
