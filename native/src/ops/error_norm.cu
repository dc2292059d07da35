// Each block sums a part of the latent and the host the blocks' sums, in an order that the shape alone fixes:
// whether a step is taken hangs on it.
#include <numeric>
#include <vector>

#include "backend/cuda/cuda_backend.h"
#include "ops/elementwise.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256, kValuesPerBlock = 16 * kThreads;

__global__ void error_squares_kernel(double* sums, const float* low, const float* high, const float* previous,
                                     double absolute, double relative, int64_t size) {
  __shared__ double parts[kThreads];
  const int64_t begin = static_cast<int64_t>(blockIdx.x) * kValuesPerBlock;
  const int64_t end = min(begin + kValuesPerBlock, size);
  double sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) {
    const double x = low[i], y = high[i], z = previous[i];
    const double error = (x - y) / fmax(absolute, relative * fmax(fabs(x), fabs(z)));
    sum += error * error;
  }
  parts[threadIdx.x] = sum;
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = parts[0];
}

}  // namespace

void error_squares(std::optional<double>& squares, const Tensor& low, const Tensor& high,
                   const Tensor& previous, double absolute, double relative, Context& ctx) {
  const int64_t size = low.shape.size(), blocks = (size + kValuesPerBlock - 1) / kValuesPerBlock;
  const ArenaTensor sums = ctx.tensor(Shape{blocks, 2}, DType::kF32);  // one double a block
  ctx.submit([&] {
    double* device = sums.tensor().as<double>();
    error_squares_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, backend(ctx).stream()>>>(
        device, low.f32(), high.f32(), previous.f32(), absolute, relative, size);
    check_launch("error_squares");
    std::vector<double> host(static_cast<size_t>(blocks));
    ctx.backend().download(host.data(), device, sums.tensor().bytes());
    squares = std::accumulate(host.begin(), host.end(), 0.0);
  });
}

}  // namespace ltw::cuda
