#include <limits>

#include "ops/gemm/gemm_args.h"

namespace ltw::cuda {

GemmArgs gemm_args(const Tensor& dst, const Tensor& src, const PackedWeights& weights,
                   const Epilogue& epilogue) {
  const bool e4m3 = src.dtype == DType::kE4M3;  // then the output is float16, or e4m3 with GEGLU
  ensure(e4m3 == weights.quantised() && (src.dtype == dst.dtype || (e4m3 && dst.dtype == DType::kF16)),
         "a product of ", name_of(src.dtype), " into ", name_of(dst.dtype),
         e4m3 == weights.quantised() ? "" : " by weights for others");
  ensure(dst.rows() <= std::numeric_limits<int>::max() && src.rows() <= std::numeric_limits<int>::max(),
         "too many rows for one product");
  GemmArgs args{};
  args.src = src.as<__half>();
  args.src_stride = src.row_stride;
  args.dst = dst.as<__half>();
  args.dst_stride = dst.row_stride;
  args.weight = static_cast<const __half*>(weights.weight.data());
  if (weights.has_bias) args.bias = weights.bias.tensor().f32();
  if (epilogue.sample_bias) {
    ensure(epilogue.sample_bias->dtype == dst.dtype, "sample_bias is ", name_of(epilogue.sample_bias->dtype));
    args.sample_bias = epilogue.sample_bias->as<__half>();
    args.sample_bias_stride = epilogue.sample_bias->row_stride;
  }
  if (epilogue.residual) {
    ensure(epilogue.residual->dtype == dst.dtype, "residual is ", name_of(epilogue.residual->dtype));
    args.residual = epilogue.residual->as<__half>();
    args.residual_stride = epilogue.residual->row_stride;
  }
  args.activation = epilogue.activation;
  args.rows = static_cast<int>(dst.rows());
  args.sample_rows = static_cast<int>(dst.rows() / dst.shape[0]);
  args.columns = static_cast<int>(weights.out_channels);
  args.channels = static_cast<int>(weights.in_channels);
  args.packed_channels = packed_channels(weights.in_channels);
  args.kernel = static_cast<int>(weights.kernel);
  args.depth = args.kernel * args.kernel * args.packed_channels;
  args.stride = 1;
  args.height = args.width = args.out_width = args.out_pixels = 1;
  return args;
}

}  // namespace ltw::cuda
