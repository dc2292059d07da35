#include <cmath>

#include "ops/layer_norm.h"

namespace ltw::cpu {
namespace {

struct Sums {
  float first, second;
};

// Of the distances from `shift`. The simd lanes are partial sums: at most 1280 / 8 terms each.
Sums sums_about(const float* x, int64_t count, float shift) {
  float first = 0, second = 0;
#pragma omp simd reduction(+ : first, second)
  for (int64_t c = 0; c < count; ++c) {
    const float distance = x[c] - shift;
    first += distance;
    second += distance * distance;
  }
  return {first, second};
}

void normalise_row(float* y, const float* x, const float* gamma, const float* beta, int64_t count,
                   double eps) {
  const double size = static_cast<double>(count);
  // The second pass also corrects the first one's mean, which is off by some roundings of the mean's size.
  const float mean = static_cast<float>(sums_about(x, count, 0.0f).first / size);
  const Sums sums = sums_about(x, count, mean);
  const double correction = sums.first / size;
  const double variance = sums.second / size - correction * correction;
  const float inverse = static_cast<float>(1.0 / std::sqrt(variance + eps));
  const float offset = static_cast<float>(correction);
#pragma omp simd
  for (int64_t c = 0; c < count; ++c) {
    y[c] = std::fma((x[c] - mean - offset) * inverse, gamma[c], beta[c]);
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
