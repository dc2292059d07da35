// How one block fills its ring of shared memory: implicit im2col for the rows (pixels), plain rows of weights
// for the columns. Both tiles are [rows][64 halves]; the 16-byte chunk c of row r lies at c ^ (r % 8), so
// that the eight rows of an ldmatrix fall into different banks.
#pragma once

#include "ops/device/async_copy.h"
#include "ops/gemm/gemm.h"

namespace ltw::cuda {

constexpr int kOutside = -1;

// A number that is known when it is compiled, as a function's argument.
template <int kValue>
struct Constant {
  __host__ __device__ constexpr operator int() const { return kValue; }
};

__device__ inline uint32_t swizzled(int row, int chunk) {
  return static_cast<uint32_t>(row * 128 + ((chunk ^ (row & 7)) << 4));
}

// Where an output pixel's window begins.
struct Window {
  int sample_pixel;  // first pixel of the sample in src
  int y, x;          // of the window's corner, in src as it is seen; far outside for rows beyond the last
  int padding;
};

__device__ inline Window window_of(const GemmArgs& p, int row) {
  if (row >= p.rows) return {0, -(1 << 20), -(1 << 20), 0};
  const int sample = row / p.out_pixels, pixel = row % p.out_pixels;
  return {sample * p.height * p.width, pixel / p.out_width * p.stride - p.pad,
          pixel % p.out_width * p.stride - p.pad, 0};
}

// One thread's part of every [Tile::kRows][64] step: one chunk column of each kRowStep-th row. Walks the
// depth; the division into taps costs only when a tap ends.
template <class Tile, bool kAligned>
class PixelSource {
 public:
  __device__ PixelSource(const GemmArgs& p, const Window* windows)
      : windows_(windows + threadIdx.x / 8), tap_(0), channel_(static_cast<int>(threadIdx.x % 8) * 8) {
    wrap(p);
    locate(p);
  }

  // Queues part kPart of kParts of the next step into the ring slot at `shared`; the last part moves on.
  template <int kPart, int kParts>
  __device__ void copy(const GemmArgs& p, uint32_t shared) {
    const int row = static_cast<int>(threadIdx.x) / 8;
    const uint32_t to = shared + swizzled(row, static_cast<int>(threadIdx.x) % 8);
    const __half* from = p.src + channel_;
#pragma unroll
    for (int i = kCount * kPart / kParts; i < kCount * (kPart + 1) / kParts; ++i) {
      const bool inside = pixel_[i] != kOutside;
      const int64_t offset = inside ? pixel_[i] * p.src_stride : 0;
      if constexpr (kAligned) {
        copy_async_16(to + i * Tile::kRowStep * 128, inside ? from + offset : p.src, inside);
      } else {
        copy_channels(to + i * Tile::kRowStep * 128, from + offset, inside ? p.channels - channel_ : 0);
      }
    }
    if (kPart < kParts - 1) return;
    channel_ += Tile::kDepth;
    if (wrap(p)) locate(p);
  }

 private:
  static constexpr int kCount = Tile::kRows / Tile::kRowStep;
  static_assert(Tile::kRowStep % 8 == 0, "a thread's rows share one swizzle");

  __device__ bool wrap(const GemmArgs& p) {
    const int before = tap_;
    while (channel_ >= p.packed_channels) {
      channel_ -= p.packed_channels;
      ++tap_;
    }
    return tap_ != before;
  }

  __device__ void locate(const GemmArgs& p) {
    const int ky = tap_ / p.kernel, kx = tap_ % p.kernel;
    const unsigned height = static_cast<unsigned>(p.height << p.upsample);
    const unsigned width = static_cast<unsigned>(p.width << p.upsample);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      const Window window = windows_[i * Tile::kRowStep];
      const int y = window.y + ky, x = window.x + kx;
      const bool inside =
          ky < p.kernel && static_cast<unsigned>(y) < height && static_cast<unsigned>(x) < width;
      pixel_[i] = inside ? window.sample_pixel + (y >> p.upsample) * p.width + (x >> p.upsample) : kOutside;
    }
  }

  // The slow way, for 3 or 4 channels: `count` values, then zeros.
  __device__ static void copy_channels(uint32_t to, const __half* from, int count) {
    uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const __half low = 2 * i < count ? from[2 * i] : __half(0.0f);
      const __half high = 2 * i + 1 < count ? from[2 * i + 1] : __half(0.0f);
      words[i] = __half_as_ushort(low) | static_cast<uint32_t>(__half_as_ushort(high)) << 16;
    }
    asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(words[0]), "r"(words[1]),
                 "r"(words[2]), "r"(words[3])
                 : "memory");
  }

  const Window* windows_;
  int tap_, channel_;  // of this thread's chunk in the next step
  int pixel_[kCount];  // in src, for this tap
};

// The same for weights. For GEGLU the tile's rows alternate: 8 values, their 8 gates, the next 8 values... so
// that the two factors of an output stand side by side in the finished tile.
template <class Tile>
class WeightSource {
 public:
  __device__ WeightSource(const GemmArgs& p, int first_column)
      : depth_(static_cast<int>(threadIdx.x % 8) * 8) {
    const bool gated = p.activation == Activation::kGeglu;
    const int row = static_cast<int>(threadIdx.x) / 8;
    int column = first_column + row, end = p.columns;
    if (gated) {
      column = (first_column + row / 16 * 16) / 2 + row % 8;
      end = p.columns / 2;
    }
    const int step = gated ? Tile::kRowStep / 2 : Tile::kRowStep;
    valid_ = column < end ? (end - column + step - 1) / step : 0;
    if (gated && row % 16 >= 8) column += p.columns / 2;
    from_ = p.weight + static_cast<int64_t>(column) * p.depth + depth_;
    step_ = static_cast<int64_t>(step) * p.depth;
  }

  template <int kPart, int kParts>
  __device__ void copy(const GemmArgs& p, uint32_t shared) {
    const int row = static_cast<int>(threadIdx.x) / 8;
    const uint32_t to = shared + swizzled(row, static_cast<int>(threadIdx.x) % 8);
    const int valid = depth_ < p.depth ? valid_ : 0;
#pragma unroll
    for (int i = kCount * kPart / kParts; i < kCount * (kPart + 1) / kParts; ++i) {
      if (Tile::kColumns % Tile::kRowStep != 0 && row + i * Tile::kRowStep >= Tile::kColumns) break;
      copy_async_16(to + i * Tile::kRowStep * 128, i < valid ? from_ + i * step_ : p.weight, i < valid);
    }
    if (kPart < kParts - 1) return;
    from_ += Tile::kDepth;
    depth_ += Tile::kDepth;
  }

 private:
  static constexpr int kCount = (Tile::kColumns + Tile::kRowStep - 1) / Tile::kRowStep;
  static_assert(Tile::kRowStep % 16 == 0, "GEGLU interleaves by 16 rows");

  const __half* from_;
  int64_t step_;
  int depth_, valid_;
};

}  // namespace ltw::cuda
