// Next to no arithmetic, so the pixels' bytes decide: as rows of an implicit product each pixel is read nine
// times through the L2 cache (1.9 ms for 128 > 3 at 512x512, B8, where reading once takes 0.18, and this
// 0.23). Here the nine taps are columns of the product, pixels x (9 * outputs): a pixel is read once and
// straight into registers. Then an output adds nine neighbours' products.
#include "base/divide_up.h"
#include "ops/conv2d_narrow.h"
#include "ops/device/mma.h"

namespace ltw::cuda {
namespace {

constexpr int kSide = 16, kHalo = kSide + 2, kPixels = kHalo * kHalo;  // a block's outputs and what they see
constexpr int kThreads = kSide * kSide;
constexpr int kM = 3;  // a warp's pieces of 16 pixels
static_assert(kThreads / 32 * kM * 16 >= kPixels);
// Four columns' 8 neighbouring pixels fall into 32 banks.
static_assert(kPixels % 16 == 4);

template <int kOut>
__global__ void __launch_bounds__(kThreads, 2) conv2d_narrow(const __grid_constant__ GemmArgs p) {
  constexpr int kColumns = 9 * kOut, kN = (kColumns + 7) / 8;
  __shared__ float products[kColumns][kPixels];
  const int across = (p.width + kSide - 1) / kSide, down = (p.height + kSide - 1) / kSide;
  const int block = static_cast<int>(blockIdx.x), sample = block / (across * down);
  const int top = block / across % down * kSide, left = block % across * kSide;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32;
  // Along the depth a lane has 8 neighbouring channels of 32, in two products' order: the sum does not mind,
  // if the weights are read alike.
  const int row = lane / 4, channel = lane % 4 * 8;
  const int first = thread / 32 * kM * 16 + row;

  constexpr int kOutside = -1;
  int pixel[kM][2];
#pragma unroll
  for (int m = 0; m < kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int at = first + m * 16 + half * 8;
      const int y = top + at / kHalo - 1, x = left + at % kHalo - 1;
      const bool inside = at < kPixels && y >= 0 && x >= 0 && y < p.height && x < p.width;
      pixel[m][half] = inside ? (sample * p.height + y) * p.width + x : kOutside;
    }
  }
  const auto load = [&](uint4(&pixels)[kM][2], int begin) {
    const __half* from = p.src + begin + channel;
#pragma unroll
    for (int m = 0; m < kM; ++m) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        pixels[m][half] = {0, 0, 0, 0};
        if (pixel[m][half] == kOutside) continue;
        pixels[m][half] = __ldg(reinterpret_cast<const uint4*>(from + pixel[m][half] * p.src_stride));
      }
    }
  };
  float sums[kM][kN][4] = {};
  uint4 next[kM][2];
  load(next, 0);
  for (int begin = 0; begin < p.channels; begin += 32) {
    uint4 a[kM][2];
#pragma unroll
    for (int m = 0; m < kM; ++m) a[m][0] = next[m][0], a[m][1] = next[m][1];
    if (begin + 32 < p.channels) load(next, begin + 32);
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      // Column 9 * output + tap is a row of the weights as packed; those past the end are not stored.
      const int column = min(n * 8 + row, kColumns - 1);
      const __half* weight = p.weight + column * p.packed_channels + begin + channel;
      const uint4 b = __ldg(reinterpret_cast<const uint4*>(weight));
#pragma unroll
      for (int m = 0; m < kM; ++m) {
        multiply_add(sums[m][n], {a[m][0].x, a[m][1].x, a[m][0].y, a[m][1].y}, b.x, b.y);
        multiply_add(sums[m][n], {a[m][0].z, a[m][1].z, a[m][0].w, a[m][1].w}, b.z, b.w);
      }
    }
  }

#pragma unroll
  for (int m = 0; m < kM; ++m) {
#pragma unroll
    for (int n = 0; n < kN; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int at = first + m * 16 + i / 2 * 8, column = n * 8 + lane % 4 * 2 + i % 2;
        if (at < kPixels && column < kColumns) products[column][at] = sums[m][n][i];
      }
    }
  }
  __syncthreads();

  const int y = thread / kSide, x = thread % kSide;
  if (top + y >= p.height || left + x >= p.width) return;
  const int64_t to = (static_cast<int64_t>(sample) * p.height + top + y) * p.width + left + x;
#pragma unroll
  for (int out = 0; out < kOut; ++out) {
    float sum = p.bias == nullptr ? 0.0f : p.bias[out];
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) sum += products[out * 9 + tap][(y + tap / 3) * kHalo + x + tap % 3];
    p.dst[to * p.dst_stride + out] = __float2half_rn(sum);
  }
}

}  // namespace

bool fits_conv2d_narrow(const GemmArgs& args) {
  const bool plain = args.kernel == 3 && args.stride == 1 && args.pad == 1 && args.upsample == 0 &&
                     args.out_width == args.width && args.out_pixels == args.height * args.width;
  const bool bare =
      args.activation == Activation::kNone && args.sample_bias == nullptr && args.residual == nullptr;
  return plain && bare && (args.columns == 3 || args.columns == 4) && args.channels % 32 == 0 &&
         args.src_stride % 8 == 0 && reinterpret_cast<uintptr_t>(args.src) % 16 == 0;
}

void launch_conv2d_narrow(const GemmArgs& args, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(args.rows / args.out_pixels * divide_up(args.height, kSide) *
                                            divide_up(args.width, kSide));
  if (args.columns == 3) {
    conv2d_narrow<3><<<blocks, kThreads, 0, stream>>>(args);
  } else {
    conv2d_narrow<4><<<blocks, kThreads, 0, stream>>>(args);
  }
  check_launch("conv2d_narrow");
}

}  // namespace ltw::cuda
