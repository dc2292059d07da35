// The matrix product of e4m3 operands behind conv2d and linear, on compute capability 9.0.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/weights.h"

namespace ltw::cuda {

constexpr float kLargestE4M3 = 448;

struct Fp8Scales {
  const float* product;  // [columns]: the weights' times the input's
  float dst;             // of an e4m3 output
};

Fp8Scales fp8_scales(const Tensor& dst, const Tensor& src, const PackedWeights& weights);

// `args` are those of gemm_args() and the layer's geometry, sizes counted in elements. The output is float16,
// or e4m3 with GEGLU.
void launch_gemm_fp8(const GemmArgs& args, const Fp8Scales& scales, const CudaBackend& backend);

}  // namespace ltw::cuda
