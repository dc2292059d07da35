#include <cmath>

#include "ops/layer_norm.h"

namespace ltw::cpu {
namespace {

// A row is in the cache after the first pass, so sums in double cost little, and a mean of any size costs no
// digits: `rest` is what rounding takes from it.
void normalise_row(float* y, const float* x, const float* gamma, const float* beta, int64_t count,
                   double eps) {
  const double size = static_cast<double>(count);
  double sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t c = 0; c < count; ++c) sum += x[c];
  const double mean = sum / size;
#pragma omp simd reduction(+ : squares)
  for (int64_t c = 0; c < count; ++c) squares += (x[c] - mean) * (x[c] - mean);
  const float inverse = static_cast<float>(1.0 / std::sqrt(squares / size + eps));
  const float rounded = static_cast<float>(mean), rest = static_cast<float>(mean - rounded);
#pragma omp simd
  for (int64_t c = 0; c < count; ++c) {
    y[c] = std::fma((x[c] - rounded - rest) * inverse, gamma[c], beta[c]);
  }
}

}  // namespace

void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx) {
  ctx.submit([dst, src, eps, gamma = weights.gamma.tensor().f32(), beta = weights.beta.tensor().f32()] {
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < src.rows(); ++row) {
      normalise_row(dst.f32() + row * dst.row_stride, src.f32() + row * src.row_stride, gamma, beta,
                    src.channels(), eps);
    }
  });
}

}  // namespace ltw::cpu
