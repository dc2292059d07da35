// The plain layers: an op with its weights.
#pragma once

#include "layers/weight_scope.h"
#include "ops/conv2d.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"

namespace ltw {

// A new tensor for what `reader` reads, null for anything else: e4m3 for quantised weights.
ArenaTensor input_of(const PackedWeights* reader, const Shape& shape, Context& ctx);

struct Conv2d {
  PackedWeights weights;
  Conv2dParams params;

  Conv2d(const WeightScope& scope, int64_t in, int64_t out, int64_t kernel, const Conv2dParams& params = {});
  // As Packer::conv2d has it.
  Conv2d(const StoredTensor& weight, const StoredTensor& bias, Packer& packer)
      : weights(packer.conv2d(weight, &bias, false)) {}
  // src [n, h, w, in] -> a new [n, ho, wo, out]; where quantised weights want e4m3, src may be float16.
  ArenaTensor operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx) const;
};

enum class Bias { kNo, kYes };

struct Linear {
  PackedWeights weights;

  Linear(const WeightScope& scope, int64_t in, int64_t out, Bias bias = Bias::kYes);
  // Several layers that read one input, as one product: the outputs lie side by side.
  Linear(const std::vector<WeightScope>& scopes, int64_t in, const std::vector<int64_t>& outs, Bias bias);
  // As Packer::linear has it.
  Linear(const std::vector<StoredTensor>& weight, const std::vector<StoredTensor>& bias, Packer& packer)
      : weights(packer.linear(weight, bias)) {}
  // As Packer::linear_product has it.
  Linear(const StoredTensor& outer, const StoredTensor& inner, const StoredTensor& bias, Packer& packer)
      : weights(packer.linear_product(outer, inner, &bias)) {}
  // src [..., in] -> a new [..., out]; half as many channels with Activation::kGeglu. `reader`: as input_of()
  // takes it, here and below.
  ArenaTensor operator()(const Tensor& src, const Epilogue& epilogue, Context& ctx,
                         const PackedWeights* reader = nullptr) const;
};

struct GroupNorm {
  NormWeights weights;
  GroupNormParams params;

  GroupNorm(const WeightScope& scope, int64_t channels, const GroupNormParams& params);
  // src [n, h, w, c1], src2 [n, h, w, c2] -> a new [n, h, w, c1 + c2]
  ArenaTensor operator()(const Tensor& src, const std::optional<Tensor>& src2, Context& ctx,
                         const PackedWeights* reader = nullptr) const;
  ArenaTensor operator()(const Tensor& src, Context& ctx, const PackedWeights* reader = nullptr) const {
    return (*this)(src, std::nullopt, ctx, reader);
  }
};

struct LayerNorm {
  NormWeights weights;
  double eps;

  LayerNorm(const WeightScope& scope, int64_t channels, double eps);
  ArenaTensor operator()(const Tensor& src, Context& ctx, const PackedWeights* reader = nullptr) const;
};

}  // namespace ltw
