#include <cmath>

#include "ops/linear.h"
#include "ops/primitive_cpu.h"
#include "ops/simd_cpu.h"

namespace ltw::cpu {
namespace {

using dnnl::matmul;
using dnnl::memory;

matmul::primitive_desc describe(const Tensor& dst, const Tensor& src, const PackedWeights& weights,
                                const Epilogue& epilogue, Residual residual) {
  const memory::desc bias = weights.has_bias ? memory::desc({1, weights.out_channels}, memory::data_type::f32,
                                                            memory::format_tag::ab)
                                             : memory::desc();
  const memory::desc residual_desc = epilogue.residual ? matrix_desc(*epilogue.residual) : memory::desc();
  return {dnnl_engine(), matrix_desc(src), layout_of(weights).packed,
          bias,          matrix_desc(dst), epilogue_attributes(epilogue, residual, residual_desc)};
}

void copy_rows(const Tensor& dst, const Tensor& src) {
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < dst.rows(); ++row) {
    std::copy_n(src.f32() + row * src.row_stride, dst.channels(), dst.f32() + row * dst.row_stride);
  }
}

void product(const Tensor& dst, const Tensor& src, const PackedWeights& weights, Epilogue epilogue,
             Context& ctx) {
  // oneDNN adds a residual of other strides than the destination's by its reference code, thousands of times
  // slower.
  if (epilogue.residual && epilogue.residual->row_stride != dst.row_stride) {
    ctx.submit([dst, from = *epilogue.residual] { copy_rows(dst, from); });
    epilogue.residual = dst;
  }
  // Whether the residual is in place is known only once there are addresses: take what either way needs.
  int64_t bytes = scratchpad_bytes(describe(dst, src, weights, epilogue, residual_of(dst, epilogue)));
  if (epilogue.residual) {
    bytes = std::max(scratchpad_bytes(describe(dst, src, weights, epilogue, Residual::kInPlace)),
                     scratchpad_bytes(describe(dst, src, weights, epilogue, Residual::kElsewhere)));
  }
  const ArenaTensor scratch = ctx.tensor(Shape{bytes}, DType::kU8);
  if (ctx.measuring()) return;
  const Residual residual = residual_of(dst, epilogue);
  const matmul::primitive_desc description = describe(dst, src, weights, epilogue, residual);
  Arguments arguments{{DNNL_ARG_SRC, memory_at(description.src_desc(), src.data)},
                      {DNNL_ARG_WEIGHTS, memory_at(description.weights_desc(), weights.weight.data())},
                      {DNNL_ARG_DST, memory_at(description.dst_desc(), dst.data)},
                      {DNNL_ARG_SCRATCHPAD, memory_at(description.scratchpad_desc(), scratch.tensor().data)}};
  if (weights.has_bias) {
    arguments.emplace(DNNL_ARG_BIAS, memory_at(description.bias_desc(), weights.bias.tensor().data));
  }
  if (residual == Residual::kElsewhere) {
    arguments.emplace(residual_argument(epilogue),
                      memory_at(matrix_desc(*epilogue.residual), epilogue.residual->data));
  }
  ctx.submit([primitive = matmul(description), arguments = std::move(arguments)] {
    primitive.execute(dnnl_stream(), arguments);
  });
}

LTW_WIDE void gate_row(float* y, const float* value, const float* gate, const float* residual,
                       int64_t channels) {
  if (residual != nullptr) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) y[c] = residual[c] + value[c] * gelu(gate[c]);
  } else {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) y[c] = value[c] * gelu(gate[c]);
  }
}

// dst = value * gelu(gate) (+ residual); both: value and gate side by side
void gate(const Tensor& dst, const Tensor& both, const std::optional<Tensor>& residual) {
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < dst.rows(); ++row) {
    const float* value = both.f32() + row * both.row_stride;
    const float* added = residual ? residual->f32() + row * residual->row_stride : nullptr;
    gate_row(dst.f32() + row * dst.row_stride, value, value + dst.channels(), added, dst.channels());
  }
}

}  // namespace

void linear(const Tensor& dst, const Tensor& src, const PackedWeights& weights, const Epilogue& epilogue,
            Context& ctx) {
  if (epilogue.activation != Activation::kGeglu) return product(dst, src, weights, epilogue, ctx);
  const ArenaTensor both = ctx.tensor(Shape{dst.rows(), weights.out_channels}, DType::kF32);
  product(both, src, weights, {}, ctx);
  ctx.submit([dst, both = both.tensor(), residual = epilogue.residual] { gate(dst, both, residual); });
}

}  // namespace ltw::cpu
