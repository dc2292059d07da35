#include "ops/gemm/gemm_args.h"
#include "ops/linear.h"

namespace ltw::cuda {

void linear(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue,
            Context& ctx) {
  const GemmArgs args = gemm_args(dst, src, weights, epilogue);
  ctx.submit([args, &device = backend(ctx)] { launch_gemm(args, device); });
}

}  // namespace ltw::cuda
