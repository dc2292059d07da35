#include <cmath>

#include "ops/attention.h"
#include "ops/attention/attention.h"

namespace ltw::cuda {

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
  args.scale_log2 = static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(args.head_size)));
  ctx.submit([args, &device = backend(ctx)] {
    if (args.wide || !launch_attention_mma(args, device)) launch_attention_plain(args, device);
  });
}

}  // namespace ltw::cuda
