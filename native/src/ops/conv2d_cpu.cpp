#include <cstring>

#include "ops/conv2d.h"
#include "ops/primitive_cpu.h"

namespace ltw::cpu {
namespace {

using dnnl::memory;
using Convolution = dnnl::convolution_forward;

// Of one sample: oneDNN picks its blocking by the shape, and a sample's bits must not depend on how many
// there are.
Convolution::primitive_desc describe(const Tensor& dst, const Tensor& src, const PackedWeights& weights,
                                     const memory::desc& layout, const Conv2dParams& params,
                                     const Epilogue& epilogue, Residual residual) {
  const memory::desc bias({weights.out_channels}, memory::data_type::f32, memory::format_tag::a);
  const bool biased = weights.has_bias || epilogue.sample_bias;
  return {dnnl_engine(),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          image_desc(src),
          layout,
          biased ? bias : memory::desc(),
          image_desc(dst),
          memory::dims(2, params.stride),
          memory::dims(2, params.pad_begin),
          memory::dims(2, params.pad_end),
          epilogue_attributes(epilogue, residual, image_desc(dst))};
}

void upsample_nearest(const Tensor& dst, const Tensor& src) {
  const int64_t h = src.shape[1], w = src.shape[2], pixel = src.channels() * size_of(DType::kF32);
#pragma omp parallel for schedule(static)
  for (int64_t y = 0; y < 2 * h; ++y) {
    const char* from = src.as<char>() + y / 2 * w * pixel;
    char* to = dst.as<char>() + y * 2 * w * pixel;
    for (int64_t x = 0; x < 2 * w; ++x) {
      std::memcpy(to + x * pixel, from + x / 2 * pixel, static_cast<size_t>(pixel));
    }
  }
}

// bias: null for none
void sum_biases(const Tensor& sum, const float* bias, const float* sample_bias) {
  for (int64_t c = 0; c < sum.channels(); ++c) sum.f32()[c] = sample_bias[c] + (bias ? bias[c] : 0.0f);
}

}  // namespace

void conv2d(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Conv2dParams& params,
            const Epilogue& epilogue, Context& ctx) {
  const int64_t factor = params.upsample ? 2 : 1;
  const Shape source{1, src.shape[1] * factor, src.shape[2] * factor, src.shape[3]};
  const Tensor one_src(nullptr, DType::kF32, source), one_dst(nullptr, DType::kF32, dst.shape.with(0, 1));
  const auto description = [&](Residual residual) {
    const memory::desc& packed = layout_of(weights).packed;
    const auto as_packed = describe(one_dst, one_src, weights, packed, params, epilogue, residual);
    if (!is_reference(as_packed)) return as_packed;
    // oneDNN's plain loops: hundreds of times slower than what it has for a layout of its own choice.
    const memory::desc any(packed.get_dims(), memory::data_type::f32, memory::format_tag::any);
    return describe(one_dst, one_src, weights, any, params, epilogue, residual);
  };
  // Whether the residual is in place is known only once there are addresses: take what either way needs.
  int64_t bytes = 0;
  if (epilogue.residual) {
    bytes = std::max(scratchpad_bytes(description(Residual::kInPlace)),
                     scratchpad_bytes(description(Residual::kElsewhere)));
  } else {
    bytes = scratchpad_bytes(description(Residual::kNone));
  }
  const ArenaTensor scratch = ctx.tensor(Shape{bytes}, DType::kU8);
  ArenaTensor upsampled, bias;
  if (params.upsample) upsampled = ctx.tensor(source, DType::kF32);
  if (epilogue.sample_bias) bias = ctx.tensor(Shape{weights.out_channels}, DType::kF32);
  if (ctx.measuring()) return;

  const Residual residual = residual_of(dst, epilogue);
  const Convolution::primitive_desc chosen = description(residual);
  const Convolution primitive(chosen);
  for (int64_t n = 0; n < src.shape[0]; ++n) {
    Tensor input = src.batch_slice(n, 1);
    if (params.upsample) {
      ctx.submit([input, to = upsampled.tensor()] { upsample_nearest(to, input); });
      input = upsampled;
    }
    Arguments arguments{{DNNL_ARG_SRC, memory_at(chosen.src_desc(), input.data)},
                        {DNNL_ARG_WEIGHTS, weights_in(weights, chosen.weights_desc(), ctx.backend())},
                        {DNNL_ARG_DST, memory_at(chosen.dst_desc(), dst.batch_slice(n, 1).data)},
                        {DNNL_ARG_SCRATCHPAD, memory_at(chosen.scratchpad_desc(), scratch.tensor().data)}};
    if (epilogue.sample_bias) {
      const Tensor sum = bias;
      const float* own = weights.has_bias ? weights.bias.tensor().f32() : nullptr;
      const float* sample = epilogue.sample_bias->batch_slice(n, 1).f32();
      ctx.submit([sum, own, sample] { sum_biases(sum, own, sample); });
      arguments.emplace(DNNL_ARG_BIAS, memory_at(chosen.bias_desc(), sum.data));
    } else if (weights.has_bias) {
      arguments.emplace(DNNL_ARG_BIAS, memory_at(chosen.bias_desc(), weights.bias.tensor().data));
    }
    if (residual == Residual::kElsewhere) {
      arguments.emplace(residual_argument(epilogue),
                        memory_at(chosen.dst_desc(), epilogue.residual->batch_slice(n, 1).data));
    }
    ctx.submit(
        [primitive, arguments = std::move(arguments)] { primitive.execute(dnnl_stream(), arguments); });
  }
}

}  // namespace ltw::cpu
