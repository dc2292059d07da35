#include "layers/layers.h"

#include "ops/quantise.h"

namespace ltw {
namespace {

NormWeights norm_weights(const WeightScope& scope, int64_t channels) {
  return {scope.packer().vector(scope.find("weight", Shape{channels})),
          scope.packer().vector(scope.find("bias", Shape{channels}))};
}

// The shape of `src` with other channels.
Shape with_channels(const Tensor& src, int64_t channels) {
  return src.shape.with(src.shape.rank() - 1, channels);
}

PackedWeights packed_conv2d(const WeightScope& scope, int64_t in, int64_t out, int64_t kernel,
                            bool upsample) {
  const StoredTensor bias = scope.find("bias", Shape{out});
  PackedWeights weights =
      scope.packer().conv2d(scope.find("weight", Shape{out, in, kernel, kernel}), &bias, upsample);
  weights.name = scope.name();
  return weights;
}

PackedWeights packed_linears(const std::vector<WeightScope>& scopes, int64_t in,
                             const std::vector<int64_t>& outs, Bias bias) {
  std::vector<StoredTensor> weights, biases;
  for (size_t i = 0; i < scopes.size(); ++i) {
    weights.push_back(scopes[i].find("weight", Shape{outs[i], in}));
    if (bias == Bias::kYes) biases.push_back(scopes[i].find("bias", Shape{outs[i]}));
  }
  PackedWeights packed = scopes.front().packer().linear(weights, biases);
  packed.name = scopes.front().name();
  return packed;
}

}  // namespace

ArenaTensor input_of(const PackedWeights* reader, const Shape& shape, Context& ctx) {
  if (reader == nullptr || !reader->quantised()) return ctx.tensor(shape);
  return ctx.tensor_e4m3(shape, reader->input_scale);
}

Conv2d::Conv2d(const WeightScope& scope, int64_t in, int64_t out, int64_t kernel,
               const Conv2dParams& conv_params)
    : weights(packed_conv2d(scope, in, out, kernel, conv_params.upsample)), params(conv_params) {}

ArenaTensor Conv2d::operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx) const {
  if (weights.quantised() && src.dtype != DType::kE4M3) {
    const ArenaTensor rounded = input_of(&weights, src.shape, ctx);
    to_e4m3(rounded, src, ctx);
    return (*this)(rounded, epilogue, ctx);
  }
  ArenaTensor dst =
      ctx.tensor(Shape{src.shape[0], conv2d_out_size(src.shape[1], weights.kernel, params),
                       conv2d_out_size(src.shape[2], weights.kernel, params), weights.out_channels});
  conv2d(dst, src, weights, params, epilogue, ctx);
  return dst;
}

Linear::Linear(const WeightScope& scope, int64_t in, int64_t out, Bias bias)
    : Linear(std::vector<WeightScope>{scope}, in, std::vector<int64_t>{out}, bias) {}

Linear::Linear(const std::vector<WeightScope>& scopes, int64_t in, const std::vector<int64_t>& outs,
               Bias bias)
    : weights(packed_linears(scopes, in, outs, bias)) {}

ArenaTensor Linear::operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx,
                               const PackedWeights* reader) const {
  const int64_t channels = weights.out_channels / (epilogue.activation == Activation::kGeglu ? 2 : 1);
  ArenaTensor dst = input_of(reader, with_channels(src, channels), ctx);
  linear(dst, src, weights, epilogue, ctx);
  return dst;
}

GroupNorm::GroupNorm(const WeightScope& scope, int64_t channels, const GroupNormParams& norm_params)
    : weights(norm_weights(scope, channels)), params(norm_params) {}

ArenaTensor GroupNorm::operator()(const Tensor& src, const std::optional<Tensor>& src2, Context& ctx,
                                  const PackedWeights* reader) const {
  const int64_t channels = src.channels() + (src2 ? src2->channels() : 0);
  ArenaTensor dst = input_of(reader, with_channels(src, channels), ctx);
  group_norm(dst, src, src2, weights, params, ctx);
  return dst;
}

LayerNorm::LayerNorm(const WeightScope& scope, int64_t channels, double norm_eps)
    : weights(norm_weights(scope, channels)), eps(norm_eps) {}

ArenaTensor LayerNorm::operator()(const Tensor& src, Context& ctx, const PackedWeights* reader) const {
  ArenaTensor dst = input_of(reader, src.shape, ctx);
  layer_norm(dst, src, weights, eps, ctx);
  return dst;
}

}  // namespace ltw
