// The matrix product without tensor cores, which have no float32: for the few pictures whose decoding
// overflows float16. A block of 256 threads computes 64x64 outputs, a thread 4x4 of them.
#include "ops/device/activation.h"
#include "ops/gemm/gemm_float32.h"

namespace ltw::cuda {
namespace {

constexpr int kTile = 64, kDepth = 16, kThreads = 256, kStride = kTile + 4;

// Row of the weights behind product column `column`. For GEGLU columns alternate: a value, its gate, ...
__device__ int weight_row(const GemmArgs& p, int column) {
  if (p.activation != Activation::kGeglu) return column;
  return column / 2 + column % 2 * (p.columns / 2);
}

// Where the output pixel of a row begins to look, as if the image went on for ever.
struct Corner {
  int first_pixel, y, x;
};

__device__ Corner corner_of(const GemmArgs& p, int row) {
  const int sample = row / p.out_pixels, pixel = row % p.out_pixels;
  return {sample * p.height * p.width, pixel / p.out_width * p.stride - p.pad,
          pixel % p.out_width * p.stride - p.pad};
}

// Four neighbouring depths of one row; packed channels come in eights, so they are of one tap.
__device__ void load_pixels(float (&out)[4], const GemmArgs& p, const Corner& corner, int depth) {
  const int tap = depth / p.packed_channels, channel = depth % p.packed_channels;
  const int y = corner.y + tap / p.kernel, x = corner.x + tap % p.kernel;
  const bool inside =
      depth < p.depth && y >= 0 && x >= 0 && y < p.height << p.upsample && x < p.width << p.upsample;
  const int64_t pixel = corner.first_pixel + (y >> p.upsample) * p.width + (x >> p.upsample);
  const float* from = reinterpret_cast<const float*>(p.src) + pixel * p.src_stride + channel;
#pragma unroll
  for (int i = 0; i < 4; ++i) out[i] = inside && channel + i < p.channels ? from[i] : 0.0f;
}

// One output. `sums`: the product's column and, for GEGLU, its gate.
__device__ void finish(const GemmArgs& p, int row, int column, const float* sums) {
  const bool gated = p.activation == Activation::kGeglu;
  float x = sums[0];
  if (p.bias != nullptr) x += p.bias[column];
  if (p.sample_bias != nullptr) {
    x += reinterpret_cast<const float*>(p.sample_bias)[row / p.out_pixels * p.sample_bias_stride + column];
  }
  if (gated) {
    const float gate = sums[1] + (p.bias != nullptr ? p.bias[column + p.columns / 2] : 0.0f);
    x *= gelu(gate);
  } else {
    x = activated(x, p.activation);
  }
  if (p.residual != nullptr) {
    x += reinterpret_cast<const float*>(p.residual)[row * p.residual_stride + column];
  }
  reinterpret_cast<float*>(p.dst)[row * p.dst_stride + column] = x;
}

__global__ void __launch_bounds__(kThreads) gemm_float32(const __grid_constant__ GemmArgs p) {
  __shared__ float pixels[kDepth][kStride], weights[kDepth][kStride];
  const int thread = static_cast<int>(threadIdx.x);
  const int column_tiles = (p.columns + kTile - 1) / kTile, block = static_cast<int>(blockIdx.x);
  const int first_row = block / column_tiles * kTile, first_column = block % column_tiles * kTile;
  // What this thread loads: four depths of one row and of one column.
  const int line = thread / 4, own_depth = thread % 4 * 4;
  const bool has_row = first_row + line < p.rows, has_column = first_column + line < p.columns;
  const Corner corner = has_row ? corner_of(p, first_row + line) : Corner{0, -(1 << 20), 0};
  const __half* weight =
      p.weight + static_cast<int64_t>(has_column ? weight_row(p, first_column + line) : 0) * p.depth;
  // What it computes.
  const int row = thread / 16 * 4, column = thread % 16 * 4;
  float sums[4][4] = {};
  for (int depth = 0; depth < p.depth; depth += kDepth) {
    float loaded[4];
    load_pixels(loaded, p, corner, depth + own_depth);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      pixels[own_depth + i][line] = loaded[i];
      const int at = depth + own_depth + i;
      weights[own_depth + i][line] = has_column && at < p.depth ? __half2float(weight[at]) : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      const float4 a = *reinterpret_cast<const float4*>(&pixels[k][row]);
      const float4 b = *reinterpret_cast<const float4*>(&weights[k][column]);
      const float rows[4] = {a.x, a.y, a.z, a.w}, columns[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(rows[i], columns[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
  const int each = p.activation == Activation::kGeglu ? 2 : 1;  // columns of the product per output column
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if (j % each != 0 || first_row + row + i >= p.rows || first_column + column + j >= p.columns) continue;
      finish(p, first_row + row + i, (first_column + column + j) / each, &sums[i][j]);
    }
  }
}

}  // namespace

void launch_gemm_float32(const GemmArgs& args, const CudaBackend& backend) {
  const int row_tiles = (args.rows + kTile - 1) / kTile, column_tiles = (args.columns + kTile - 1) / kTile;
  gemm_float32<<<static_cast<unsigned>(row_tiles * column_tiles), kThreads, 0, backend.stream()>>>(args);
  check_launch("gemm_float32");
}

}  // namespace ltw::cuda
