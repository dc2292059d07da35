#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace ltw {

double error_norm(const Tensor& low, const Tensor& high, const Tensor& previous, double absolute,
                  double relative, Context& ctx) {
  for (const Tensor& src : {low, high, previous}) {
    ensure(src.dense() && src.dtype == DType::kF32 && src.shape == low.shape, "error_norm: ", src.shape,
           " beside ", low.shape);
  }
  ensure(ctx.backend().device() == DeviceKind::kCpu, "error_norm has no kernel for this device");
  return cpu::error_norm(low, high, previous, absolute, relative, ctx);
}

namespace cpu {

double error_norm(const Tensor& low, const Tensor& high, const Tensor& previous, double absolute,
                  double relative, Context& ctx) {
  double squares = 0;
  bool done = ctx.measuring();
  ctx.submit([&] {
    // In one order, whatever the number of threads: whether a step is taken hangs on this sum.
    for (int64_t i = 0; i < low.shape.size(); ++i) {
      const double a = low.f32()[i], b = high.f32()[i], before = previous.f32()[i];
      const double error = (a - b) / std::max(absolute, relative * std::max(std::abs(a), std::abs(before)));
      squares += error * error;
    }
    done = true;
  });
  ensure(done, "error_norm is needed at once and cannot be recorded");
  return std::sqrt(squares / static_cast<double>(low.shape.size()));
}

}  // namespace cpu
}  // namespace ltw
