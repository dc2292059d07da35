// A row stays in the registers of 8 to 32 lanes between the statistics and the norm: one pass over memory.
#include "backend/cuda/cuda_backend.h"
#include "ops/device/e4m3.h"
#include "ops/device/lanes.h"
#include "ops/device/launch_order.h"
#include "ops/device/vec.h"
#include "ops/layer_norm.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;

template <typename T>
struct LayerNormArgs {
  const T* src;               // [rows, channels]
  T* dst;                     // [rows, channels]; e4m3 where inverse_scale is above 0
  const float *gamma, *beta;  // [channels]
  int64_t src_stride, dst_stride, rows;
  int channels;
  float eps;
  float inverse_scale;  // 1 / the scale of an e4m3 dst
};

__device__ void join(float (&out)[8], const float4& first, const float4& second) {
  out[0] = first.x, out[1] = first.y, out[2] = first.z, out[3] = first.w;
  out[4] = second.x, out[5] = second.y, out[6] = second.z, out[7] = second.w;
}

// kLanes lanes a row, kChunks chunks of 8 channels a lane: at 320, 640 and 1280 channels no lane is without
// work (91 us became 59 for 131072 rows of 320). Gamma and beta, four times a row's bytes, are read once a
// block. One row a lane: more rows in its registers leave fewer lanes in flight (60 us with two).
template <typename T, int kLanes, int kChunks>
__global__ void __launch_bounds__(kThreads) layer_norm_wide(const __grid_constant__ LayerNormArgs<T> p) {
  extern __shared__ float4 weights[];  // [4, chunks]: gamma of a chunk's first and last 4 channels, then beta
  const int lane = static_cast<int>(threadIdx.x) % kLanes, chunks = p.channels / 8;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (kThreads / kLanes) + threadIdx.x / kLanes;
  constexpr int kWeights = (2 * kLanes * kChunks + kThreads - 1) / kThreads;
  float4 gammas[kWeights], betas[kWeights];
  let_next_kernel_begin();
#pragma unroll
  for (int j = 0; j < kWeights; ++j) {
    const int i = j * kThreads + static_cast<int>(threadIdx.x);
    if (i >= 2 * chunks) continue;
    gammas[j] = reinterpret_cast<const float4*>(p.gamma)[i];
    betas[j] = reinterpret_cast<const float4*>(p.beta)[i];
  }
  wait_for_earlier_kernels();
  Pack<T, 8> held[kChunks] = {};
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    const int chunk = i * kLanes + lane;
    if (chunk < chunks && row < p.rows) held[i] = load_pack<8>(p.src + row * p.src_stride + chunk * 8);
  }
#pragma unroll
  for (int j = 0; j < kWeights; ++j) {
    const int i = j * kThreads + static_cast<int>(threadIdx.x), at = i % 2 * chunks + i / 2;
    if (i >= 2 * chunks) continue;
    weights[at] = gammas[j];
    weights[2 * chunks + at] = betas[j];
  }
  __syncthreads();
  // Seen from the row's first value: no digits are lost to a large mean.
  const float origin = __shfl_sync(~0u, to_float(held[0].values[0]), 0, kLanes);
  float x[8], sum = 0, squares = 0;
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    if (i * kLanes + lane >= chunks) continue;
    unpack(x, held[i]);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum += x[j] - origin;
  }
  const float mean = sum_of_lanes<kLanes>(sum) / static_cast<float>(p.channels);
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    if (i * kLanes + lane >= chunks) continue;
    unpack(x, held[i]);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const float deviation = x[j] - origin - mean;
      squares += deviation * deviation;
    }
  }
  const float scale = rsqrtf(sum_of_lanes<kLanes>(squares) / static_cast<float>(p.channels) + p.eps);
#pragma unroll
  for (int i = 0; i < kChunks; ++i) {
    const int chunk = i * kLanes + lane;
    if (chunk >= chunks || row >= p.rows) continue;
    float gamma[8], beta[8];
    join(gamma, weights[chunk], weights[chunks + chunk]);
    join(beta, weights[2 * chunks + chunk], weights[3 * chunks + chunk]);
    unpack(x, held[i]);
#pragma unroll
    for (int j = 0; j < 8; ++j) x[j] = (x[j] - origin - mean) * scale * gamma[j] + beta[j];
    store_at(p.dst, row * p.dst_stride + chunk * 8, x, p.inverse_scale);
  }
}

// Any width and alignment.
template <typename T>
__global__ void __launch_bounds__(kThreads) layer_norm_narrow(const __grid_constant__ LayerNormArgs<T> p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  if (row >= p.rows) return;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const T* x = p.src + row * p.src_stride;
  float sum = 0, squares = 0;
  const float origin = to_float(x[0]);
  for (int c = lane; c < p.channels; c += 32) sum += to_float(x[c]) - origin;
  const float mean = sum_of_lanes(sum) / static_cast<float>(p.channels);
  for (int c = lane; c < p.channels; c += 32) {
    const float deviation = to_float(x[c]) - origin - mean;
    squares += deviation * deviation;
  }
  const float scale = rsqrtf(sum_of_lanes(squares) / static_cast<float>(p.channels) + p.eps);
  for (int c = lane; c < p.channels; c += 32) {
    assign(p.dst[row * p.dst_stride + c], (to_float(x[c]) - origin - mean) * scale * p.gamma[c] + p.beta[c]);
  }
}

template <int kLanes, int kChunks, typename T>
void launch_wide(const LayerNormArgs<T>& args, const CudaBackend& device) {
  constexpr int kRows = kThreads / kLanes;
  const size_t weights = 2 * sizeof(float) * static_cast<size_t>(args.channels);
  const unsigned blocks = static_cast<unsigned>((args.rows + kRows - 1) / kRows);
  launch_early("layer_norm", layer_norm_wide<T, kLanes, kChunks>, {blocks, kThreads, weights}, device, args);
}

template <typename T>
void launch(const LayerNormArgs<T>& args, const CudaBackend& device) {
  const bool wide = args.channels % 8 == 0 && args.src_stride % 8 == 0 && args.dst_stride % 8 == 0 &&
                    reinterpret_cast<uintptr_t>(args.src) % 16 == 0 &&
                    reinterpret_cast<uintptr_t>(args.dst) % 16 == 0;
  if (wide && args.channels <= 320) {
    launch_wide<8, 5>(args, device);
  } else if (wide && args.channels <= 640) {
    launch_wide<16, 5>(args, device);
  } else if (wide && args.channels <= 1280) {
    launch_wide<32, 5>(args, device);
  } else if (wide && args.channels <= 2048) {
    launch_wide<32, 8>(args, device);
  } else {
    ensure(args.inverse_scale == 0, "layer_norm: e4m3 is written in chunks of 8 of at most 2048 channels");
    const unsigned blocks = static_cast<unsigned>((args.rows + kWarps - 1) / kWarps);
    launch_early("layer_norm", layer_norm_narrow<T>, {blocks, kThreads}, device, args);
  }
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
                              static_cast<float>(eps),
                              dst.dtype == DType::kE4M3 ? 1 / dst.scale : 0.0f};
  ctx.submit([args, &device = backend(ctx)] { launch(args, device); });
}

}  // namespace

void layer_norm(const Tensor& dst, const Tensor& src, const NormWeights& weights, double eps, Context& ctx) {
  if (src.dtype == DType::kF32) return submit<float>(dst, src, weights, eps, ctx);
  submit<__half>(dst, src, weights, eps, ctx);
}

}  // namespace ltw::cuda
