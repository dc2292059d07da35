#include <algorithm>

#include "backend/cuda/cuda_backend.h"
#include "ops/device/e4m3.h"
#include "ops/device/lanes.h"
#include "ops/device/launch_order.h"
#include "ops/gemm/gemm_fp8.h"
#include "ops/quantise.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256;

__device__ float block_max(float x) {
  __shared__ float warps[kThreads / 32];
  x = largest_of_lanes(x);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = x;
  __syncthreads();
  for (const float other : warps) x = fmaxf(x, other);
  return x;
}

// [parts, rows, depth], of which a row's parts share a scale. A row a block.
__global__ void __launch_bounds__(kThreads)
    quantise_rows(uint8_t* dst, float* product_scales, const __half* src, int parts, int depth,
                  float input_scale) {
  const auto each = [&](const auto& visit) {
    for (int part = 0; part < parts; ++part) {
      const int64_t row = static_cast<int64_t>(part) * gridDim.x + blockIdx.x;
      for (int i = static_cast<int>(threadIdx.x); i < depth; i += kThreads) visit(row * depth + i);
    }
  };
  float most = 0;
  each([&](int64_t i) { most = fmaxf(most, fabsf(__half2float(src[i]))); });
  most = block_max(most);
  const float scale = most > 0 ? most / kLargestE4M3 : 1, inverse = 1 / scale;
  each([&](int64_t i) { dst[i] = static_cast<uint8_t>(pack_e4m3(__half2float(src[i]) * inverse, 0)); });
  if (threadIdx.x == 0) product_scales[blockIdx.x] = scale * input_scale;
}

// 8 elements a thread.
__global__ void __launch_bounds__(kThreads)
    to_e4m3_kernel(__half* dst, const __half* src, float inverse, int64_t pieces) {
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  const int64_t piece = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (piece >= pieces) return;
  float x[8];
  load(x, src + piece * 8);
  store_at(dst, piece * 8, x, inverse);
}

__global__ void __launch_bounds__(kThreads) raise_peak_kernel(float* peak, const __half* src, int64_t size) {
  float most = 0;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < size;
       i += static_cast<int64_t>(gridDim.x) * kThreads) {
    most = fmaxf(most, fabsf(__half2float(src[i])));
  }
  most = block_max(most);
  // Floats of one sign are ordered as integers are.
  if (threadIdx.x == 0) atomicMax(reinterpret_cast<int*>(peak), __float_as_int(most));
}

}  // namespace

void require_e4m3(Backend& backend) {
  if (static_cast<const CudaBackend&>(backend).limits().capability == 90) return;
  fail(Status::kInvalidArgument, "precision fp8 needs a GPU of compute capability 9.0 (H100, H200), not ",
       backend.description());
}

void quantise(PackedWeights& weights, float input_scale, Backend& backend) {
  // Over an image seen at twice its size only the sums of its windows are used.
  const bool upsampled = weights.upsampled.data() != nullptr;
  Buffer& halves = upsampled ? weights.upsampled : weights.weight;
  const int64_t rows = weights.out_channels, parts = upsampled ? 4 : 1,
                depth = (upsampled ? 4 : weights.kernel * weights.kernel) * weights.in_channels;
  Buffer bytes = backend.allocate(parts * rows * depth);
  weights.product_scale = OwnedTensor(backend, Shape{rows}, DType::kF32);
  quantise_rows<<<static_cast<unsigned>(rows), kThreads, 0, static_cast<CudaBackend&>(backend).stream()>>>(
      static_cast<uint8_t*>(bytes.data()), weights.product_scale.tensor().f32(),
      static_cast<const __half*>(halves.data()), static_cast<int>(parts), static_cast<int>(depth),
      input_scale);
  check_launch("quantise");
  backend.synchronize();  // the float16 weights go
  if (upsampled) weights.weight = {};
  halves = std::move(bytes);
  weights.input_scale = input_scale;
}

void to_e4m3(const Tensor& dst, const Tensor& src, Context& ctx) {
  ctx.submit([to = dst.as<__half>(), from = src.as<__half>(), inverse = 1 / dst.scale,
              pieces = src.shape.size() / 8, &device = backend(ctx)] {
    const auto blocks = static_cast<unsigned>((pieces + kThreads - 1) / kThreads);
    launch_early("to_e4m3", to_e4m3_kernel, {blocks, kThreads}, device, to, from, inverse, pieces);
  });
}

void raise_peak(const Tensor& peak, const Tensor& src, Context& ctx) {
  ctx.submit([to = peak.f32(), from = src.as<__half>(), size = src.shape.size(), &device = backend(ctx)] {
    const int64_t blocks = std::min<int64_t>(1024, (size + kThreads - 1) / kThreads);
    raise_peak_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, device.stream()>>>(to, from, size);
    check_launch("raise_peak");
  });
}

}  // namespace ltw::cuda
