// What becomes of weights on the device: float16 in the order in which products walk their depth, checked on
// the way.
#pragma once

#include <cstdint>

#include "ops/device/vec.h"

namespace ltw::cuda {

constexpr int kPackThreads = 256;
enum Problem { kFine = 0, kNotANumber = 1, kTooLarge = 2 };

template <typename To>
__device__ void assign_checked(To& to, float value, int* problem) {
  assign(to, value);
  if (!isfinite(value)) {
    atomicMax(problem, kNotANumber);
  } else if (!isfinite(to_float(to))) {
    atomicMax(problem, kTooLarge);
  }
}

// dst [rows, taps, packed] = src [rows, channels, taps], zeros for channels..packed. One row a blockIdx.x.
template <typename To, typename From>
__global__ void pack_kernel(To* dst, const From* src, int channels, int taps, int packed, int* problem) {
  const int at = static_cast<int>(blockIdx.y) * kPackThreads + static_cast<int>(threadIdx.x);
  if (at >= taps * packed) return;
  const int tap = at / packed, channel = at % packed;
  const int64_t row = blockIdx.x;
  float value = 0;
  if (channel < channels) value = to_float(src[(row * channels + channel) * taps + tap]);
  assign_checked(dst[row * taps * packed + at], value, problem);
}

// A 3x3 window over an image seen at twice its size covers 2x2 source pixels; which of its taps fall on the
// same one depends on where in its source pixel an output pixel lies. Those taps' weights are summed here:
// dst [4 (2 * y + x within the source pixel), phase_size], of which [rows, 2 x 2, packed] are written.
template <typename From>
__global__ void pack_upsampled_kernel(__half* dst, const From* src, int channels, int packed,
                                      int64_t phase_size, int* problem) {
  const int at = static_cast<int>(blockIdx.y) * kPackThreads + static_cast<int>(threadIdx.x);
  if (at >= 16 * packed) return;
  const int channel = at % packed, tap = at / packed % 4, phase = at / packed / 4;
  const int64_t row = blockIdx.x;
  // Of the three taps of an axis, those that fall on source pixel `side` of two.
  const auto first = [](int place, int side) { return side == 0 ? 0 : 1 + place; };
  const auto last = [](int place, int side) { return side == 0 ? place : 2; };
  float value = 0;
  if (channel < channels) {
    const From* taps = src + (row * channels + channel) * 9;
    for (int y = first(phase / 2, tap / 2); y <= last(phase / 2, tap / 2); ++y) {
      for (int x = first(phase % 2, tap % 2); x <= last(phase % 2, tap % 2); ++x) {
        value += to_float(taps[3 * y + x]);
      }
    }
  }
  assign_checked(dst[phase * phase_size + (row * 4 + tap) * packed + channel], value, problem);
}

constexpr int kProductTile = 64;

// dst [rows, packed] = a [rows, depth] * b [depth, columns], zeros for columns..packed. A block computes
// 64x64, a thread 4x4 of them.
inline __global__ void __launch_bounds__(kPackThreads)
    product_kernel(__half* dst, const float* a, const float* b, int rows, int depth, int columns, int packed,
                   int* problem) {
  constexpr int kTile = kProductTile, kStep = 16;
  __shared__ float left[kStep][kTile + 4], right[kStep][kTile + 4];
  const int thread = static_cast<int>(threadIdx.x);
  const int first_row = static_cast<int>(blockIdx.y) * kTile,
            first_column = static_cast<int>(blockIdx.x) * kTile;
  const int row = thread / 16 * 4, column = thread % 16 * 4;
  float sums[4][4] = {};
  for (int begin = 0; begin < depth; begin += kStep) {
    for (int i = thread; i < kStep * kTile; i += kPackThreads) {
      const int a_row = first_row + i / kStep, a_at = begin + i % kStep;
      left[i % kStep][i / kStep] =
          a_row < rows && a_at < depth ? a[static_cast<int64_t>(a_row) * depth + a_at] : 0;
      const int b_at = begin + i / kTile, b_column = first_column + i % kTile;
      right[i / kTile][i % kTile] =
          b_at < depth && b_column < columns ? b[static_cast<int64_t>(b_at) * columns + b_column] : 0;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kStep; ++k) {
      const float4 x = *reinterpret_cast<const float4*>(&left[k][row]);
      const float4 y = *reinterpret_cast<const float4*>(&right[k][column]);
      const float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(xs[i], ys[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int to_row = first_row + row + i, to_column = first_column + column + j;
      if (to_row >= rows || to_column >= packed) continue;
      assign_checked(dst[static_cast<int64_t>(to_row) * packed + to_column], sums[i][j], problem);
    }
  }
}

}  // namespace ltw::cuda
