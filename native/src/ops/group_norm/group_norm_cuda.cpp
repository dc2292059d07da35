#include <type_traits>

#include "backend/cuda/cuda_backend.h"
#include "ops/group_norm.h"
#include "ops/group_norm/group_norm.h"

namespace ltw::cuda {
namespace {

template <typename T>
void launch(const GroupNormArgs<T>& args, float* scratch, const CudaBackend& backend) {
  if constexpr (std::is_same_v<T, __half>) {
    const auto slices = group_norm_slices(args.pixels, args.channels, args.groups);
    if (slices && args.wide() && backend.limits().capability == 90) {
      return launch_group_norm_cluster(args, *slices, backend);
    }
  }
  launch_group_norm_two_pass(args, scratch, backend);
}

template <typename T>
void submit(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
            const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  ensure(dst.channels() <= 5120, "group_norm: ", dst.channels(), " channels, at most 5120 have room");
  const int64_t samples = src.shape[0], pixels = src.rows() / samples;
  GroupNormArgs<T> args{};
  args.src = src.as<T>();
  args.src_stride = src.row_stride;
  if (src2) args.src2 = src2->as<T>(), args.src2_stride = src2->row_stride;
  args.dst = dst.as<T>();
  args.dst_stride = dst.row_stride;
  args.gamma = weights.gamma.tensor().f32();
  args.beta = weights.beta.tensor().f32();
  args.samples = static_cast<int>(samples);
  args.pixels = static_cast<int>(pixels);
  args.channels1 = static_cast<int>(src.channels());
  args.channels = static_cast<int>(dst.channels());
  args.groups = static_cast<int>(params.groups);
  args.eps = static_cast<float>(params.eps);
  args.silu = params.silu;
  if (dst.dtype == DType::kE4M3) {
    args.inverse_scale = 1 / dst.scale;
    ensure(args.wide(), "group_norm: e4m3 is written in chunks of 8 channels");
  }
  const ArenaTensor scratch =
      ctx.tensor(Shape{group_norm_scratch(samples, pixels, dst.channels(), params.groups)}, DType::kF32);
  ctx.submit(
      [args, floats = scratch.tensor().f32(), &device = backend(ctx)] { launch(args, floats, device); });
}

}  // namespace

void group_norm(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
                const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  if (src.dtype == DType::kF32) return submit<float>(dst, src, src2, weights, params, ctx);
  submit<__half>(dst, src, src2, weights, params, ctx);
}

}  // namespace ltw::cuda
