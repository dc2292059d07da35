// Two passes over memory: moments of slices of each sample, then the norm itself, whose blocks first combine
// the slices' moments. The slices follow from one sample's shape, so a sample's bits do not follow from the
// batch.
#include <algorithm>

#include "backend/cuda/cuda_backend.h"
#include "ops/device/activation.h"
#include "ops/device/moments.h"
#include "ops/device/vec.h"
#include "ops/group_norm.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;

template <typename T>
struct GroupNormArgs {
  const T *src, *src2;        // [n, pixels, channels1], [n, pixels, channels - channels1], or null
  T* dst;                     // [n, pixels, channels]
  const float *gamma, *beta;  // [channels]
  float2* partial;            // [n, slices, groups]: mean, sum of squared deviations
  float2* statistics;         // [n, groups]: mean, 1 / deviation
  int64_t src_stride, src2_stride, dst_stride;
  int pixels, channels1, channels, groups;
  int slices, slice_pixels;
  int lanes;  // threads that share a chunk of channels, each taking every lanes-th pixel
  float eps;
  bool silu;
};

// First pixel of the slice at `channel`, in whichever source has it.
template <typename T>
struct Column {
  const T* from;
  int64_t stride;
};

template <typename T>
__device__ Column<T> column_at(const GroupNormArgs<T>& p, int64_t first_pixel, int channel) {
  if (channel < p.channels1) return {p.src + first_pixel * p.src_stride + channel, p.src_stride};
  return {p.src2 + first_pixel * p.src2_stride + channel - p.channels1, p.src2_stride};
}

template <typename T>
__device__ int slice_size(const GroupNormArgs<T>& p, int slice) {
  return min(p.slice_pixels, p.pixels - slice * p.slice_pixels);
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads) group_norm_moments(const __grid_constant__ GroupNormArgs<T> p) {
  extern __shared__ float2 cells[];  // [lanes, channels]
  const int slice = static_cast<int>(blockIdx.x), sample = static_cast<int>(blockIdx.y);
  const int64_t first = static_cast<int64_t>(sample) * p.pixels + slice * p.slice_pixels;
  const int size = slice_size(p, slice), chunks = p.channels / kWidth;
  for (int item = static_cast<int>(threadIdx.x); item < chunks * p.lanes; item += kThreads) {
    const int channel = item % chunks * kWidth, lane = item / chunks;
    const Column<T> column = column_at(p, first, channel);
    // Deviations from the first pixel, not from zero: no digits are lost to a large mean.
    float pivot[kWidth], x[kWidth], sum[kWidth] = {}, squares[kWidth] = {};
    load(pivot, column.from);
#pragma unroll 4
    for (int pixel = lane; pixel < size; pixel += p.lanes) {
      load(x, column.from + pixel * column.stride);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        const float deviation = x[i] - pivot[i];
        sum[i] += deviation;
        squares[i] += deviation * deviation;
      }
    }
    const float count = static_cast<float>(max(1, (size - lane + p.lanes - 1) / p.lanes));
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      const float mean = sum[i] / count;
      cells[lane * p.channels + channel + i] = {pivot[i] + mean, fmaxf(0.0f, squares[i] - sum[i] * mean)};
    }
  }
  __syncthreads();
  const int group_size = p.channels / p.groups, warp_lane = static_cast<int>(threadIdx.x) % 32;
  for (int group = static_cast<int>(threadIdx.x) / 32; group < p.groups; group += kWarps) {
    Moments moments;
    for (int i = warp_lane; i < group_size * p.lanes; i += 32) {
      const int lane = i / group_size;
      const float2 cell = cells[lane * p.channels + group * group_size + i % group_size];
      const int count = max(0, (size - lane + p.lanes - 1) / p.lanes);
      moments.add({static_cast<float>(count), cell.x, cell.y});
    }
    moments = warp_total(moments);
    if (warp_lane == 0) {
      p.partial[(static_cast<int64_t>(sample) * p.slices + slice) * p.groups + group] = {moments.mean,
                                                                                         moments.m2};
    }
  }
}

// One warp a group.
template <typename T>
__global__ void __launch_bounds__(kThreads) group_norm_combine(const __grid_constant__ GroupNormArgs<T> p) {
  const int sample = static_cast<int>(blockIdx.y), lane = static_cast<int>(threadIdx.x) % 32;
  const int group = static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / 32;
  if (group >= p.groups) return;
  Moments moments;
  for (int slice = lane; slice < p.slices; slice += 32) {
    const float2 part = p.partial[(static_cast<int64_t>(sample) * p.slices + slice) * p.groups + group];
    moments.add({static_cast<float>(slice_size(p, slice) * (p.channels / p.groups)), part.x, part.y});
  }
  moments = warp_total(moments);
  if (lane == 0) {
    p.statistics[sample * p.groups + group] = {moments.mean, rsqrtf(moments.m2 / moments.count + p.eps)};
  }
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads) group_norm_apply(const __grid_constant__ GroupNormArgs<T> p) {
  const int slice = static_cast<int>(blockIdx.x), sample = static_cast<int>(blockIdx.y);
  const int group_size = p.channels / p.groups;
  const int64_t first = static_cast<int64_t>(sample) * p.pixels + slice * p.slice_pixels;
  const int size = slice_size(p, slice), chunks = p.channels / kWidth;
  for (int item = static_cast<int>(threadIdx.x); item < chunks * p.lanes; item += kThreads) {
    const int channel = item % chunks * kWidth, lane = item / chunks;
    const Column<T> column = column_at(p, first, channel);
    T* to = p.dst + first * p.dst_stride + channel;
    float scale[kWidth], shift[kWidth], x[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      const float2 group = p.statistics[sample * p.groups + (channel + i) / group_size];
      scale[i] = p.gamma[channel + i] * group.y;
      shift[i] = p.beta[channel + i] - group.x * scale[i];
    }
#pragma unroll 4
    for (int pixel = lane; pixel < size; pixel += p.lanes) {
      load(x, column.from + pixel * column.stride);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        x[i] = fmaf(x[i], scale[i], shift[i]);
        if (p.silu) x[i] = silu(x[i]);
      }
      store(to + pixel * p.dst_stride, x);
    }
  }
}

template <int kWidth, typename T>
void launch(GroupNormArgs<T> args, int samples, cudaStream_t stream) {
  args.lanes = std::max(1, kThreads / (args.channels / kWidth));
  const dim3 grid(static_cast<unsigned>(args.slices), static_cast<unsigned>(samples));
  const size_t cells = sizeof(float2) * static_cast<size_t>(args.lanes * args.channels);
  group_norm_moments<T, kWidth><<<grid, kThreads, cells, stream>>>(args);
  check_launch("group_norm_moments");
  const dim3 warps(static_cast<unsigned>((args.groups + kWarps - 1) / kWarps),
                   static_cast<unsigned>(samples));
  group_norm_combine<<<warps, kThreads, 0, stream>>>(args);
  check_launch("group_norm_combine");
  group_norm_apply<T, kWidth><<<grid, kThreads, 0, stream>>>(args);
  check_launch("group_norm_apply");
}

bool wide(const Tensor& t) {
  return t.channels() % 8 == 0 && t.row_stride % 8 == 0 && reinterpret_cast<uintptr_t>(t.data) % 16 == 0;
}

// 32 KiB a slice keeps a block's threads at about 8 loads each; at most 128 slices, whose moments every block
// of the second pass reads.
int slice_count(int64_t pixels, int64_t channels) {
  return static_cast<int>(
      std::clamp<int64_t>(pixels * channels * 2 >> 15, 1, std::min<int64_t>(256, pixels)));
}

template <typename T>
void submit(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
            const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  const int64_t samples = src.shape[0], pixels = src.rows() / samples;
  ensure(dst.channels() <= 5120, "group_norm: ", dst.channels(), " channels, at most 5120 have room");
  GroupNormArgs<T> args{};
  args.src = src.as<T>();
  args.src_stride = src.row_stride;
  if (src2) args.src2 = src2->as<T>(), args.src2_stride = src2->row_stride;
  args.dst = dst.as<T>();
  args.dst_stride = dst.row_stride;
  args.gamma = weights.gamma.tensor().f32();
  args.beta = weights.beta.tensor().f32();
  args.pixels = static_cast<int>(pixels);
  args.channels1 = static_cast<int>(src.channels());
  args.channels = static_cast<int>(dst.channels());
  args.groups = static_cast<int>(params.groups);
  args.slice_pixels =
      (args.pixels + slice_count(pixels, dst.channels()) - 1) / slice_count(pixels, dst.channels());
  args.slices = (args.pixels + args.slice_pixels - 1) / args.slice_pixels;
  args.eps = static_cast<float>(params.eps);
  args.silu = params.silu;
  const ArenaTensor partial = ctx.tensor(Shape{samples, args.slices, params.groups, 2}, DType::kF32);
  const ArenaTensor statistics = ctx.tensor(Shape{samples, params.groups, 2}, DType::kF32);
  args.partial = partial.tensor().as<float2>();
  args.statistics = statistics.tensor().as<float2>();
  ctx.submit([args, samples, all_wide = wide(dst) && wide(src) && (!src2 || wide(*src2)),
              stream = backend(ctx).stream()] {
    if (all_wide) {
      launch<8>(args, static_cast<int>(samples), stream);
    } else {
      launch<1>(args, static_cast<int>(samples), stream);
    }
  });
}

}  // namespace

void group_norm(const Tensor& dst, const Tensor& src, const std::optional<Tensor>& src2,
                const NormWeights& weights, const GroupNormParams& params, Context& ctx) {
  if (dst.dtype == DType::kF32) return submit<float>(dst, src, src2, weights, params, ctx);
  submit<__half>(dst, src, src2, weights, params, ctx);
}

}  // namespace ltw::cuda
