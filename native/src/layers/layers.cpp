#include "layers/layers.h"

namespace ltw {
namespace {

OwnedTensor uploaded(const std::vector<float>& values, Backend& backend) {
  OwnedTensor tensor(backend, Shape{static_cast<int64_t>(values.size())}, DType::kF32);
  backend.upload(tensor.tensor().data, values.data(), tensor.tensor().bytes());
  return tensor;
}

NormWeights norm_weights(const WeightScope& scope, int64_t channels) {
  return {uploaded(scope.read("weight", Shape{channels}), scope.backend()),
          uploaded(scope.read("bias", Shape{channels}), scope.backend())};
}

// The shape of `src` with other channels.
Shape with_channels(const Tensor& src, int64_t channels) {
  return src.shape.with(src.shape.rank() - 1, channels);
}

PackedWeights packed_linears(const std::vector<WeightScope>& scopes, int64_t in,
                             const std::vector<int64_t>& outs, Bias bias) {
  std::vector<float> weight, offset;
  int64_t total = 0;
  for (size_t i = 0; i < scopes.size(); ++i) {
    const std::vector<float> part = scopes[i].read("weight", Shape{outs[i], in});
    weight.insert(weight.end(), part.begin(), part.end());
    if (bias == Bias::kYes) {
      const std::vector<float> part_bias = scopes[i].read("bias", Shape{outs[i]});
      offset.insert(offset.end(), part_bias.begin(), part_bias.end());
    }
    total += outs[i];
  }
  return pack_linear(weight, offset, total, in, scopes.front().backend());
}

}  // namespace

Conv2d::Conv2d(const WeightScope& scope, int64_t in, int64_t out, int64_t kernel,
               const Conv2dParams& conv_params)
    : weights(pack_conv2d(scope.read("weight", Shape{out, in, kernel, kernel}),
                          scope.read("bias", Shape{out}), out, in, kernel, scope.backend())),
      params(conv_params) {}

ArenaTensor Conv2d::operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx) const {
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

Linear::Linear(const std::vector<float>& weight, const std::vector<float>& bias, int64_t in, int64_t out,
               Backend& backend)
    : weights(pack_linear(weight, bias, out, in, backend)) {}

ArenaTensor Linear::operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx) const {
  const int64_t channels = weights.out_channels / (epilogue.activation == Activation::kGeglu ? 2 : 1);
  ArenaTensor dst = ctx.tensor(with_channels(src, channels));
  linear(dst, src, weights, epilogue, ctx);
  return dst;
}

GroupNorm::GroupNorm(const WeightScope& scope, int64_t channels, const GroupNormParams& norm_params)
    : weights(norm_weights(scope, channels)), params(norm_params) {}

ArenaTensor GroupNorm::operator()(const Tensor& src, const std::optional<Tensor>& src2, Context& ctx) const {
  ArenaTensor dst = ctx.tensor(with_channels(src, src.channels() + (src2 ? src2->channels() : 0)));
  group_norm(dst, src, src2, weights, params, ctx);
  return dst;
}

LayerNorm::LayerNorm(const WeightScope& scope, int64_t channels, double norm_eps)
    : weights(norm_weights(scope, channels)), eps(norm_eps) {}

ArenaTensor LayerNorm::operator()(const Tensor& src, Context& ctx) const {
  ArenaTensor dst = ctx.tensor(src.shape);
  layer_norm(dst, src, weights, eps, ctx);
  return dst;
}

}  // namespace ltw
