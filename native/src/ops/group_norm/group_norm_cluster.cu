// One pass over memory: the blocks of a cluster hold a slice of a sample, some groups of all its pixels, in
// their shared memory between the moments and the norm, and exchange nothing but moments.
#include "ops/device/activation.h"
#include "ops/device/async_copy.h"
#include "ops/device/cluster.h"
#include "ops/device/e4m3.h"
#include "ops/device/lanes.h"
#include "ops/device/launch_order.h"
#include "ops/device/vec.h"
#include "ops/group_norm/group_norm.h"

namespace ltw::cuda {
namespace {

constexpr int kMostThreads = GroupNormSlices::kMostThreads, kMostGroups = GroupNormSlices::kMostGroups;
constexpr int kStages = 4;  // of the copies: the moments of one while the next are under way

struct ClusterArgs : GroupNormArgs<__half> {
  int group_size, slice_groups;
  int block_pixels;  // the last block of a cluster may have less
};

__device__ const __half* value_at(const ClusterArgs& p, int64_t row, int channel) {
  if (channel < p.channels1) return p.src + row * p.src_stride + channel;
  return p.src2 + row * p.src2_stride + channel - p.channels1;
}

__device__ int pixels_of_block(const ClusterArgs& p, int rank) {
  return max(0, min(p.block_pixels, p.pixels - rank * p.block_pixels));
}

// What a thread has of its chunk's one or two groups: sums of x - pivot and of its square.
struct Sums {
  float first, first_squares, second, second_squares;
};

// Grid: blocks of a cluster, slices of a sample, samples. Block: chunks of 8 channels of a slice, pixels at
// a time; a thread reads from shared memory only what it copied there.
__global__ void __launch_bounds__(kMostThreads, 2) group_norm_cluster(const __grid_constant__ ClusterArgs p) {
  extern __shared__ Pack<__half, 8> held[];  // [block_pixels, chunks]
  __shared__ Sums cells[kMostThreads];       // [lanes, chunks]
  __shared__ float pivots[kMostGroups];
  __shared__ float2 partial[kMostGroups];     // this block's mean, sum of squared deviations
  __shared__ float2 statistics[kMostGroups];  // mean, 1 / deviation
  const int chunks = static_cast<int>(blockDim.x), chunk = static_cast<int>(threadIdx.x);
  const int lanes = static_cast<int>(blockDim.y), lane = static_cast<int>(threadIdx.y);
  const int thread = lane * chunks + chunk, warp = thread / 32, warp_lane = thread % 32;
  const int warps = lanes * chunks / 32, rank = static_cast<int>(blockIdx.x);
  const int group = chunk * 8 / p.group_size;  // of the chunk's first channel, in the slice
  const int split = min(8, (group + 1) * p.group_size - chunk * 8);  // channels of the chunk in that group
  const int channel = (static_cast<int>(blockIdx.y) * p.slice_groups * p.group_size) + chunk * 8;
  const int pixels = pixels_of_block(p, rank);
  const int64_t row = static_cast<int64_t>(blockIdx.z) * p.pixels + min(rank * p.block_pixels, p.pixels - 1);

  let_next_kernel_begin();
  wait_for_earlier_kernels();
  const __half* from = value_at(p, row, channel);
  const int64_t stride = channel < p.channels1 ? p.src_stride : p.src2_stride;
  const int stage_pixels = (pixels + lanes * kStages - 1) / (lanes * kStages) * lanes;
#pragma unroll
  for (int stage = 0; stage < kStages; ++stage) {
    const int end = min(pixels, (stage + 1) * stage_pixels);
    for (int pixel = stage * stage_pixels + lane; pixel < end; pixel += lanes) {
      copy_async_16(shared_address(held + pixel * chunks + chunk), from + pixel * stride, true);
    }
    commit_copies();
  }

  // Deviations from the block's first value of the group, not from zero: no digits are lost to a large mean.
  const float pivot = to_float(*value_at(p, row, channel - chunk * 8 + group * p.group_size));
  const float second_pivot = split < 8 ? to_float(*value_at(p, row, channel + split)) : 0;
  float x[8], sum[8] = {}, squares[8] = {};
#pragma unroll
  for (int stage = 0; stage < kStages; ++stage) {
    if (stage == 0) wait_for_copies<3>();
    if (stage == 1) wait_for_copies<2>();
    if (stage == 2) wait_for_copies<1>();
    if (stage == 3) wait_for_copies<0>();
    const int end = min(pixels, (stage + 1) * stage_pixels);
#pragma unroll 2
    for (int pixel = stage * stage_pixels + lane; pixel < end; pixel += lanes) {
      unpack(x, held[pixel * chunks + chunk]);
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        const float deviation = x[i] - (i < split ? pivot : second_pivot);
        sum[i] += deviation;
        squares[i] += deviation * deviation;
      }
    }
  }
  Sums cell{};
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    (i < split ? cell.first : cell.second) += sum[i];
    (i < split ? cell.first_squares : cell.second_squares) += squares[i];
  }
  cells[thread] = cell;
  if (lane == 0 && group * p.group_size == chunk * 8) pivots[group] = pivot;
  if (lane == 0 && split < 8) pivots[group + 1] = second_pivot;
  float gamma[8], beta[8];
  load(gamma, p.gamma + channel);
  load(beta, p.beta + channel);
  __syncthreads();

  // A warp a group: sums over lanes and chunks, always in the same order.
  for (int g = warp; g < p.slice_groups; g += warps) {
    const int begin = g * p.group_size, end = begin + p.group_size;
    float total = 0, total_squares = 0;
    for (int c = begin / 8; c * 8 < end; ++c) {
      for (int l = warp_lane; l < lanes; l += 32) {
        const Sums& other = cells[l * chunks + c];
        total += c * 8 < begin ? other.second : other.first;
        total_squares += c * 8 < begin ? other.second_squares : other.first_squares;
      }
    }
    total = sum_of_lanes(total), total_squares = sum_of_lanes(total_squares);
    const float offset = total / static_cast<float>(max(1, pixels * p.group_size));
    if (warp_lane == 0) partial[g] = {pivots[g] + offset, fmaxf(0.0f, total_squares - total * offset)};
  }
  arrive_at_cluster();
  wait_for_cluster();
  // A lane a block: the mean of their means, then their deviations from it.
  const float whole = static_cast<float>(p.pixels) * static_cast<float>(p.group_size);
  for (int g = warp; g < p.slice_groups; g += warps) {
    const bool present = warp_lane < static_cast<int>(gridDim.x);
    const float2 part = present ? read_from_block(&partial[g], warp_lane) : float2{};
    const float count = static_cast<float>((present ? pixels_of_block(p, warp_lane) : 0) * p.group_size);
    const float mean = sum_of_lanes(count * part.x) / whole, apart = part.x - mean;
    const float variance = sum_of_lanes(part.y + count * apart * apart) / whole;
    if (warp_lane == 0) statistics[g] = {mean, rsqrtf(variance + p.eps)};
  }
  arrive_at_cluster();  // has read the others' moments
  __syncthreads();

  float scale[8], shift[8];
  const float2 here = statistics[group], next = statistics[min(group + 1, p.slice_groups - 1)];
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    scale[i] = gamma[i] * (i < split ? here.y : next.y);
    shift[i] = beta[i] - (i < split ? here.x : next.x) * scale[i];
  }
  const int64_t first = row * p.dst_stride + channel;
#pragma unroll 2
  for (int pixel = lane; pixel < pixels; pixel += lanes) {
    unpack(x, held[pixel * chunks + chunk]);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      x[i] = fmaf(x[i], scale[i], shift[i]);
      if (p.silu) x[i] = silu(x[i]);
    }
    store_at(p.dst, first + pixel * p.dst_stride, x, p.inverse_scale);
  }
  wait_for_cluster();  // shared memory may not go before the others have read it
}

}  // namespace

void launch_group_norm_cluster(const GroupNormArgs<__half>& common, const GroupNormSlices& slices,
                               const CudaBackend& device) {
  ClusterArgs args{};
  static_cast<GroupNormArgs<__half>&>(args) = common;
  args.group_size = args.channels / args.groups;
  args.slice_groups = slices.channels / args.group_size;
  args.block_pixels = slices.block_pixels;
  check(cudaFuncSetAttribute(group_norm_cluster, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             GroupNormSlices::kMostBlockBytes),
        "group_norm_cluster");
  LaunchShape shape;
  shape.cluster = static_cast<unsigned>(slices.blocks);
  shape.grid = dim3(shape.cluster, static_cast<unsigned>(args.channels / slices.channels),
                    static_cast<unsigned>(args.samples));
  shape.block = dim3(static_cast<unsigned>(slices.channels / 8), static_cast<unsigned>(slices.lanes));
  shape.shared_bytes = static_cast<size_t>(slices.block_bytes());
  launch_early("group_norm_cluster", group_norm_cluster, shape, device, args);
}

}  // namespace ltw::cuda
