#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace ltw {
namespace {

std::vector<float> on_host(const Tensor& tensor, const Context& ctx) {
  std::vector<float> values(static_cast<size_t>(tensor.shape.size()));
  ctx.backend().download(values.data(), tensor.data, tensor.bytes());
  return values;
}

}  // namespace

double error_norm(const Tensor& low, const Tensor& high, const Tensor& previous, double absolute,
                  double relative, Context& ctx) {
  for (const Tensor& src : {low, high, previous}) {
    ensure(src.dense() && src.dtype == DType::kF32 && src.shape == low.shape, "error_norm: ", src.shape,
           " beside ", low.shape);
  }
  double squares = 0;
  bool done = ctx.measuring();
  ctx.submit([&] {
    // Latents are small and the sum is needed at once, so it is the host's on every device; in one order,
    // whatever the number of threads: whether a step is taken hangs on it.
    const std::vector<float> a = on_host(low, ctx), b = on_host(high, ctx), before = on_host(previous, ctx);
    for (size_t i = 0; i < a.size(); ++i) {
      const double x = a[i], y = b[i], z = before[i];
      const double error = (x - y) / std::max(absolute, relative * std::max(std::abs(x), std::abs(z)));
      squares += error * error;
    }
    done = true;
  });
  ensure(done, "error_norm is needed at once and cannot be recorded");
  return std::sqrt(squares / static_cast<double>(low.shape.size()));
}

}  // namespace ltw
