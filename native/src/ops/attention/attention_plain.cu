// Attention for head sizes and alignments that the tensor-core kernels do not take: one warp a query, one
// lane a key. Far slower; models of the sizes that exist do not come here.
#include "ops/attention/attention.h"
#include "ops/device/activation.h"

namespace ltw::cuda {
namespace {

constexpr int kWarps = 4, kChannelsPerLane = 16, kLargestHead = 32 * kChannelsPerLane;

__device__ float warp_maximum(float x) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) x = fmaxf(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

__global__ void __launch_bounds__(32 * kWarps) attention_plain(const __grid_constant__ AttentionArgs p) {
  __shared__ float query_values[kWarps][kLargestHead], weights[kWarps][32];
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int query = static_cast<int>(blockIdx.x) * kWarps + warp, sample = static_cast<int>(blockIdx.z);
  if (query >= p.queries) return;
  const int channel = static_cast<int>(blockIdx.y) * p.head_size;
  const int64_t row = static_cast<int64_t>(sample) * p.queries + query;
  const int64_t first_key = static_cast<int64_t>(sample) * p.keys;
  for (int c = lane; c < p.head_size; c += 32) {
    query_values[warp][c] = __half2float(p.q[row * p.q_stride + channel + c]);
  }
  __syncwarp();
  const int keys = p.causal ? min(p.keys, query + 1) : p.keys;
  float maximum = -INFINITY, sum = 0, out[kChannelsPerLane] = {};
  for (int first = 0; first < keys; first += 32) {
    const int key = first + lane;
    float score = -INFINITY;
    if (key < keys) {
      const __half* k = p.k + (first_key + key) * p.k_stride + channel;
      score = 0;
      for (int c = 0; c < p.head_size; ++c) score = fmaf(query_values[warp][c], __half2float(k[c]), score);
      score *= p.scale_log2;
    }
    const float top = fmaxf(maximum, warp_maximum(score));
    const float shrink = exp2_approximate(maximum - top), weight = exp2_approximate(score - top);
    maximum = top;
    sum = sum * shrink + weight;  // this lane's keys
    weights[warp][lane] = weight;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kChannelsPerLane; ++i) {
      const int c = i * 32 + lane;
      if (c >= p.head_size) continue;
      const __half* v = p.v + (first_key + first) * p.v_stride + channel + c;
      out[i] *= shrink;
      for (int j = 0; j < min(32, keys - first); ++j) {
        out[i] = fmaf(weights[warp][j], __half2float(v[j * p.v_stride]), out[i]);
      }
    }
    __syncwarp();
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(~0u, sum, distance);
#pragma unroll
  for (int i = 0; i < kChannelsPerLane; ++i) {
    const int c = i * 32 + lane;
    if (c < p.head_size) p.dst[row * p.dst_stride + channel + c] = __float2half_rn(out[i] / sum);
  }
}

}  // namespace

void launch_attention_plain(const AttentionArgs& args, const CudaBackend& backend) {
  require(args.head_size <= kLargestHead, "attention: heads of ", args.head_size, " channels, at most ",
          kLargestHead, " have a kernel");
  const dim3 grid(static_cast<unsigned>((args.queries + kWarps - 1) / kWarps),
                  static_cast<unsigned>(args.heads), static_cast<unsigned>(args.samples));
  attention_plain<<<grid, 32 * kWarps, 0, backend.stream()>>>(args);
  check_launch("attention_plain");
}

}  // namespace ltw::cuda
