#include <cmath>

#include "ops/attention.h"
#include "ops/attention/attention.h"

namespace ltw::cuda {

bool in_pieces(const AttentionArgs& args) {
  const auto aligned = [](const __half* data, int64_t stride) {
    return reinterpret_cast<uintptr_t>(data) % 16 == 0 && stride % 8 == 0;
  };
  const bool whole_dst = args.inverse > 0
                             ? reinterpret_cast<uintptr_t>(args.dst) % 8 == 0 && args.dst_stride % 8 == 0
                             : aligned(args.dst, args.dst_stride);
  return args.head_size % 8 == 0 && whole_dst && aligned(args.q, args.q_stride) &&
         aligned(args.k, args.k_stride) && aligned(args.v, args.v_stride);
}

void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx) {
  AttentionArgs args{};
  args.dst = dst.as<__half>();
  args.q = q.as<__half>();
  args.k = k.as<__half>();
  args.v = v.as<__half>();
  args.dst_stride = dst.row_stride;
  args.q_stride = q.row_stride;
  args.k_stride = k.row_stride;
  args.v_stride = v.row_stride;
  args.samples = static_cast<int>(q.shape[0]);
  args.queries = static_cast<int>(q.shape[1]);
  args.keys = static_cast<int>(k.shape[1]);
  args.heads = static_cast<int>(params.heads);
  args.head_size = static_cast<int>(q.channels() / params.heads);
  args.causal = params.causal;
  args.wide = q.dtype == DType::kF32;
  args.inverse = dst.dtype == DType::kE4M3 ? 1 / dst.scale : 0;
  args.scale_log2 = static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(args.head_size)));
  ctx.submit([args, &device = backend(ctx)] {
    if (!args.wide && launch_attention_wgmma(args, device)) return;
    ensure(args.inverse == 0, "attention into e4m3 of a head size that has no kernel: ", args.head_size);
    if (!args.wide && launch_attention_mma(args, device)) return;
    launch_attention_plain(args, device);
  });
}

}  // namespace ltw::cuda
