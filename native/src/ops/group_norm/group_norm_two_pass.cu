// Two passes over memory: moments of slices of each sample, combined by a kernel of its own, then the norm.
// The slices follow from one sample's shape, so a sample's bits do not follow from the batch.
#include <algorithm>

#include "ops/device/activation.h"
#include "ops/device/e4m3.h"
#include "ops/device/launch_order.h"
#include "ops/device/moments.h"
#include "ops/device/vec.h"
#include "ops/group_norm/group_norm.h"

namespace ltw::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;

template <typename T>
struct TwoPassArgs : GroupNormArgs<T> {
  float2* partial;     // [n, slices, groups]: mean from the origin, sum of squared deviations
  float2* statistics;  // [n, groups]: mean from the origin, 1 / deviation
  int slices, slice_pixels;
  int lanes;  // threads that share a chunk of channels, each taking every lanes-th pixel
};

// First pixel of the slice at `channel`, in whichever source has it.
template <typename T>
struct Column {
  const T* from;
  int64_t stride;
};

template <typename T>
__device__ Column<T> column_at(const TwoPassArgs<T>& p, int64_t first_pixel, int channel) {
  if (channel < p.channels1) return {p.src + first_pixel * p.src_stride + channel, p.src_stride};
  return {p.src2 + first_pixel * p.src2_stride + channel - p.channels1, p.src2_stride};
}

// The first value of a sample's group: statistics and norm count from it, so that no digits are lost to a
// large mean.
template <typename T>
__device__ float origin_of(const TwoPassArgs<T>& p, int sample, int group) {
  return to_float(
      *column_at(p, static_cast<int64_t>(sample) * p.pixels, group * (p.channels / p.groups)).from);
}

template <typename T>
__device__ int slice_size(const TwoPassArgs<T>& p, int slice) {
  return min(p.slice_pixels, p.pixels - slice * p.slice_pixels);
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads) group_norm_moments(const __grid_constant__ TwoPassArgs<T> p) {
  extern __shared__ float2 cells[];  // [lanes, channels]
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  const int slice = static_cast<int>(blockIdx.x), sample = static_cast<int>(blockIdx.y);
  const int64_t first = static_cast<int64_t>(sample) * p.pixels + slice * p.slice_pixels;
  const int size = slice_size(p, slice), chunks = p.channels / kWidth;
  for (int item = static_cast<int>(threadIdx.x); item < chunks * p.lanes; item += kThreads) {
    const int channel = item % chunks * kWidth, lane = item / chunks;
    const Column<T> column = column_at(p, first, channel);
    // Deviations from the slice's first pixel, not from zero.
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
      const float origin = origin_of(p, sample, (channel + i) / (p.channels / p.groups));
      cells[lane * p.channels + channel + i] = {pivot[i] - origin + mean,
                                                fmaxf(0.0f, squares[i] - sum[i] * mean)};
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
__global__ void __launch_bounds__(kThreads) group_norm_combine(const __grid_constant__ TwoPassArgs<T> p) {
  const int sample = static_cast<int>(blockIdx.y), lane = static_cast<int>(threadIdx.x) % 32;
  const int group = static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / 32;
  let_next_kernel_begin();
  wait_for_earlier_kernels();
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
__global__ void __launch_bounds__(kThreads) group_norm_apply(const __grid_constant__ TwoPassArgs<T> p) {
  let_next_kernel_begin();
  wait_for_earlier_kernels();
  const int slice = static_cast<int>(blockIdx.x), sample = static_cast<int>(blockIdx.y);
  const int group_size = p.channels / p.groups;
  const int64_t first = static_cast<int64_t>(sample) * p.pixels + slice * p.slice_pixels;
  const int size = slice_size(p, slice), chunks = p.channels / kWidth;
  for (int item = static_cast<int>(threadIdx.x); item < chunks * p.lanes; item += kThreads) {
    const int channel = item % chunks * kWidth, lane = item / chunks;
    const Column<T> column = column_at(p, first, channel);
    const int64_t to = first * p.dst_stride + channel;
    float centre[kWidth], scale[kWidth], shift[kWidth], x[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      const float2 group = p.statistics[sample * p.groups + (channel + i) / group_size];
      const float origin = origin_of(p, sample, (channel + i) / group_size);
      // origin + mean as a rounded sum and what the rounding lost (Knuth's two-sum).
      centre[i] = origin + group.x;
      const float added = centre[i] - origin;
      const float lost = (origin - (centre[i] - added)) + (group.x - added);
      scale[i] = p.gamma[channel + i] * group.y;
      shift[i] = p.beta[channel + i] - lost * scale[i];
    }
#pragma unroll 4
    for (int pixel = lane; pixel < size; pixel += p.lanes) {
      load(x, column.from + pixel * column.stride);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        x[i] = fmaf(x[i] - centre[i], scale[i], shift[i]);
        if (p.silu) x[i] = silu(x[i]);
      }
      store_at(p.dst, to + pixel * p.dst_stride, x, p.inverse_scale);
    }
  }
}

template <int kWidth, typename T>
void launch(TwoPassArgs<T> args, const CudaBackend& device) {
  args.lanes = std::max(1, kThreads / (args.channels / kWidth));
  const dim3 grid(static_cast<unsigned>(args.slices), static_cast<unsigned>(args.samples));
  const size_t cells = sizeof(float2) * static_cast<size_t>(args.lanes * args.channels);
  launch_early("group_norm_moments", group_norm_moments<T, kWidth>, {grid, kThreads, cells}, device, args);
  const dim3 warps(static_cast<unsigned>((args.groups + kWarps - 1) / kWarps),
                   static_cast<unsigned>(args.samples));
  launch_early("group_norm_combine", group_norm_combine<T>, {warps, kThreads}, device, args);
  launch_early("group_norm_apply", group_norm_apply<T, kWidth>, {grid, kThreads}, device, args);
}

// 32 KiB a slice keeps a block's threads at about 8 loads each; at most 256 slices, whose moments every block
// of the second pass reads.
int slice_count(int64_t pixels, int64_t channels) {
  return static_cast<int>(
      std::clamp<int64_t>(pixels * channels * 2 >> 15, 1, std::min<int64_t>(256, pixels)));
}

}  // namespace

int64_t group_norm_scratch(int64_t samples, int64_t pixels, int64_t channels, int64_t groups) {
  return samples * (slice_count(pixels, channels) + 1) * groups * 2;
}

template <typename T>
void launch_group_norm_two_pass(const GroupNormArgs<T>& common, float* scratch, const CudaBackend& device) {
  TwoPassArgs<T> args{};
  static_cast<GroupNormArgs<T>&>(args) = common;
  const int slices = slice_count(args.pixels, args.channels);
  args.slice_pixels = (args.pixels + slices - 1) / slices;
  args.slices = (args.pixels + args.slice_pixels - 1) / args.slice_pixels;
  args.statistics = reinterpret_cast<float2*>(scratch);
  args.partial = args.statistics + static_cast<int64_t>(args.samples) * args.groups;
  if (args.wide()) {
    launch<8>(args, device);
  } else {
    launch<1>(args, device);
  }
}

template void launch_group_norm_two_pass(const GroupNormArgs<float>&, float*, const CudaBackend&);
template void launch_group_norm_two_pass(const GroupNormArgs<__half>&, float*, const CudaBackend&);

}  // namespace ltw::cuda
