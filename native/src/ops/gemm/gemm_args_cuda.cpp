#include <limits>

#include "ops/gemm/gemm_args.h"
#include "ops/terms.h"

namespace ltw::cuda {

GemmArgs gemm_args(const Tensor& dst, const Tensor& src, const PackedWeights& weights,
                   const Epilogue& epilogue) {
  const bool e4m3 = src.dtype == DType::kE4M3, gated = epilogue.activation == Activation::kGeglu;
  const DType written = e4m3 && !gated ? DType::kF16 : src.dtype;
  ensure(e4m3 == weights.quantised() && dst.dtype == written, "a product of ", name_of(src.dtype), " into ",
         name_of(dst.dtype), e4m3 == weights.quantised() ? "" : " by weights for others");
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
  for (const LinearTerm& term : epilogue.terms) {
    ensure(term.src.dtype == dst.dtype, "a term of ", name_of(term.src.dtype));
    args.terms[args.term_count++] = {
        term.src.as<__half>(), static_cast<const __half*>(term.weights->weight.data()), term.src.row_stride,
        static_cast<int>(term.src.channels()), packed_channels(term.src.channels())};
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

bool sums_terms(const Tensor& dst, const Tensor& src, const Epilogue& epilogue, const Context& ctx) {
  const auto in_pieces = [](const Tensor& tensor) {
    return tensor.channels() % 8 == 0 && tensor.row_stride % 8 == 0;
  };
  bool fits =
      backend(ctx).limits().capability == 90 && dst.dtype == DType::kF16 && in_pieces(dst) && in_pieces(src);
  for (const auto& added : {epilogue.residual, epilogue.sample_bias}) {
    fits = fits && (!added || in_pieces(*added));
  }
  for (const LinearTerm& term : epilogue.terms) fits = fits && in_pieces(term.src);
  return fits && epilogue.terms.size() <= GemmArgs::kMostTerms;
}

}  // namespace ltw::cuda
