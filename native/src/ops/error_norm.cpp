#include <algorithm>
#include <cmath>

#include "ops/dispatch.h"
#include "ops/elementwise.h"

namespace ltw {

void cpu::error_squares(std::optional<double>& squares, const Tensor& low, const Tensor& high,
                        const Tensor& previous, double absolute, double relative, Context& ctx) {
  ctx.submit([&] {
    double sum = 0;
    // In one order, whatever the number of threads: whether a step is taken hangs on it.
    for (int64_t i = 0; i < low.shape.size(); ++i) {
      const double x = low.f32()[i], y = high.f32()[i], z = previous.f32()[i];
      const double error = (x - y) / std::max(absolute, relative * std::max(std::abs(x), std::abs(z)));
      sum += error * error;
    }
    squares = sum;
  });
}

double error_norm(const Tensor& low, const Tensor& high, const Tensor& previous, double absolute,
                  double relative, Context& ctx) {
  for (const Tensor& src : {low, high, previous}) {
    ensure(src.dense() && src.dtype == DType::kF32 && src.shape == low.shape, "error_norm: ", src.shape,
           " beside ", low.shape);
  }
  std::optional<double> squares;
  if (ctx.measuring()) squares = 0;
  LTW_DISPATCH(error_squares, ctx, squares, low, high, previous, absolute, relative);
  ensure(squares.has_value(), "error_norm is needed at once and cannot be recorded");
  return std::sqrt(*squares / static_cast<double>(low.shape.size()));
}

}  // namespace ltw
