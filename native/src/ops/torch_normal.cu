// Instruction for instruction what curand does for torch: its approximate sine included.
#include "backend/cuda/cuda_backend.h"
#include "ops/philox.h"
#include "ops/torch_normal.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256;

__global__ void torch_normal_kernel(float* dst, uint64_t seed, uint64_t draw, int channels, int pixels,
                                    int64_t size) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= size) return;
  const int64_t row = i / channels, channel = i % channels;
  const PhiloxWords bits =
      torch_bits(seed, draw, (row / pixels * channels + channel) * pixels + row % pixels);
  const float u = fmaf(static_cast<float>(bits.at[0]), kInverse2Pow32, kInverse2Pow32 / 2);
  const float v = fmaf(static_cast<float>(bits.at[1]), kTurnInverse2Pow32, kTurnInverse2Pow32 / 2);
  dst[i] = sqrtf(-2.0f * logf(u)) * __sinf(v);
}

}  // namespace

void torch_normal(const Tensor& dst, uint64_t seed, uint64_t draw, Context& ctx) {
  ctx.submit([=, stream = backend(ctx).stream()] {
    const int64_t size = dst.shape.size();
    const unsigned blocks = static_cast<unsigned>((size + kThreads - 1) / kThreads);
    torch_normal_kernel<<<blocks, kThreads, 0, stream>>>(dst.f32(), seed, draw,
                                                         static_cast<int>(dst.channels()),
                                                         static_cast<int>(dst.shape[1] * dst.shape[2]), size);
    check_launch("torch_normal");
  });
}

}  // namespace ltw::cuda
