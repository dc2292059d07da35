// One warp a row. Rows of up to 2048 channels stay in registers between the statistics and the norm: one pass
// over memory.
#include <algorithm>

#include "backend/cuda/cuda_backend.h"
#include "ops/device/moments.h"
#include "ops/device/vec.h"
#include "ops/layer_norm.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 128, kWarps = kThreads / 32;

template <typename T>
struct LayerNormArgs {
  const T* src;               // [rows, channels]
  T* dst;                     // [rows, channels]
  const float *gamma, *beta;  // [channels]
  int64_t src_stride, dst_stride, rows;
  int channels;
  float eps;
};

__device__ float warp_sum(float x) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

// kChunks chunks of 8 channels a lane. A warp takes many rows, so that gamma and beta are read once: four
// times a row's bytes at float32.
template <typename T, int kChunks>
__global__ void __launch_bounds__(kThreads) layer_norm_wide(const __grid_constant__ LayerNormArgs<T> p) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kWarps;
  float gamma[kChunks][8], beta[kChunks][8];
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const int channel = (i * 32 + lane) * 8 + j;
      gamma[i][j] = channel < p.channels ? p.gamma[channel] : 0;
      beta[i][j] = channel < p.channels ? p.beta[channel] : 0;
    }
  }
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32; row < p.rows;
       row += step) {
    float x[kChunks][8] = {}, sum = 0, squares = 0;
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      const int channel = (i * 32 + lane) * 8;
      if (channel < p.channels) load(x[i], p.src + row * p.src_stride + channel);
    }
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
#pragma unroll
      for (int j = 0; j < 8; ++j) sum += x[i][j];
    }
    const float mean = warp_sum(sum) / static_cast<float>(p.channels);
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if ((i * 32 + lane) * 8 >= p.channels) continue;
#pragma unroll
      for (int j = 0; j < 8; ++j) squares += (x[i][j] - mean) * (x[i][j] - mean);
    }
    const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(p.channels) + p.eps);
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      const int channel = (i * 32 + lane) * 8;
      if (channel >= p.channels) continue;
#pragma unroll
      for (int j = 0; j < 8; ++j) x[i][j] = (x[i][j] - mean) * scale * gamma[i][j] + beta[i][j];
      store(p.dst + row * p.dst_stride + channel, x[i]);
    }
  }
}

// Any width and alignment.
template <typename T>
__global__ void __launch_bounds__(kThreads) layer_norm_narrow(const __grid_constant__ LayerNormArgs<T> p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
  if (row >= p.rows) return;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const T* x = p.src + row * p.src_stride;
  float sum = 0, squares = 0;
  for (int c = lane; c < p.channels; c += 32) sum += to_float(x[c]);
  const float mean = warp_sum(sum) / static_cast<float>(p.channels);
  for (int c = lane; c < p.channels; c += 32) {
    const float deviation = to_float(x[c]) - mean;
    squares += deviation * deviation;
  }
  const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(p.channels) + p.eps);
  for (int c = lane; c < p.channels; c += 32) {
    assign(p.dst[row * p.dst_stride + c], (to_float(x[c]) - mean) * scale * p.gamma[c] + p.beta[c]);
  }
}

template <typename T>
void launch(const LayerNormArgs<T>& args, const CudaBackend& backend) {
  const cudaStream_t stream = backend.stream();
  const bool wide = args.channels % 8 == 0 && args.src_stride % 8 == 0 && args.dst_stride % 8 == 0 &&
                    reinterpret_cast<uintptr_t>(args.src) % 16 == 0 &&
                    reinterpret_cast<uintptr_t>(args.dst) % 16 == 0;
  const unsigned blocks = static_cast<unsigned>((args.rows + kWarps - 1) / kWarps);
  const unsigned resident = std::min(blocks, 8u * static_cast<unsigned>(backend.limits().multiprocessors));
  if (wide && args.channels <= 512) {
    layer_norm_wide<T, 2><<<resident, kThreads, 0, stream>>>(args);
  } else if (wide && args.channels <= 1280) {
    layer_norm_wide<T, 5><<<resident, kThreads, 0, stream>>>(args);
  } else if (wide && args.channels <= 2048) {
    layer_norm_wide<T, 8><<<resident, kThreads, 0, stream>>>(args);
  } else {
    layer_norm_narrow<<<blocks, kThreads, 0, stream>>>(args);
  }
  check_launch("layer_norm");
}

template <typename T>
void submit(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx) {
  const LayerNormArgs<T> args{src.as<T>(),
                              dst.as<T>(),
                              weights.gamma.tensor().f32(),
                              weights.beta.tensor().f32(),
                              src.row_stride,
                              dst.row_stride,
                              src.rows(),
                              static_cast<int>(src.channels()),
                              static_cast<float>(eps)};
  ctx.submit([args, &device = backend(ctx)] { launch(args, device); });
}

}  // namespace

void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx) {
  if (dst.dtype == DType::kF32) return submit<float>(dst, src, weights, eps, ctx);
  submit<__half>(dst, src, weights, eps, ctx);
}

}  // namespace ltw::cuda
