// Attention for float32 and for head sizes and alignments that the tensor-core kernels do not take: one warp
// a query, one lane a key. Far slower; models of the sizes that exist come here only when a picture is
// decoded anew in float32.
#include "ops/attention/attention.h"
#include "ops/device/activation.h"
#include "ops/device/lanes.h"
#include "ops/device/vec.h"

namespace ltw::cuda {
namespace {

constexpr int kWarps = 4, kChannelsPerLane = 16, kLargestHead = 32 * kChannelsPerLane;

template <typename T>
__global__ void __launch_bounds__(32 * kWarps) attention_plain(const __grid_constant__ AttentionArgs p) {
  __shared__ float query_values[kWarps][kLargestHead], weights[kWarps][32];
  const T *queries = reinterpret_cast<const T*>(p.q), *keys = reinterpret_cast<const T*>(p.k),
          *values = reinterpret_cast<const T*>(p.v);
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int query = static_cast<int>(blockIdx.x) * kWarps + warp, sample = static_cast<int>(blockIdx.z);
  if (query >= p.queries) return;
  const int channel = static_cast<int>(blockIdx.y) * p.head_size;
  const int64_t row = static_cast<int64_t>(sample) * p.queries + query;
  const int64_t first_key = static_cast<int64_t>(sample) * p.keys;
  for (int c = lane; c < p.head_size; c += 32) {
    query_values[warp][c] = to_float(queries[row * p.q_stride + channel + c]);
  }
  __syncwarp();
  const int seen = p.causal ? min(p.keys, query + 1) : p.keys;
  float maximum = -INFINITY, sum = 0, out[kChannelsPerLane] = {};
  for (int first = 0; first < seen; first += 32) {
    const int key = first + lane;
    float score = -INFINITY;
    if (key < seen) {
      const T* k = keys + (first_key + key) * p.k_stride + channel;
      score = 0;
      for (int c = 0; c < p.head_size; ++c) score = fmaf(query_values[warp][c], to_float(k[c]), score);
      score *= p.scale_log2;
    }
    const float top = fmaxf(maximum, largest_of_lanes(score));
    const float shrink = exp2_approximate(maximum - top), weight = exp2_approximate(score - top);
    maximum = top;
    sum = sum * shrink + weight;  // this lane's keys
    weights[warp][lane] = weight;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kChannelsPerLane; ++i) {
      const int c = i * 32 + lane;
      if (c >= p.head_size) continue;
      const T* v = values + (first_key + first) * p.v_stride + channel + c;
      out[i] *= shrink;
      for (int j = 0; j < min(32, seen - first); ++j) {
        out[i] = fmaf(weights[warp][j], to_float(v[j * p.v_stride]), out[i]);
      }
    }
    __syncwarp();
  }
  sum = sum_of_lanes(sum);
#pragma unroll
  for (int i = 0; i < kChannelsPerLane; ++i) {
    const int c = i * 32 + lane;
    if (c < p.head_size) {
      assign(reinterpret_cast<T*>(p.dst)[row * p.dst_stride + channel + c], out[i] / sum);
    }
  }
}

}  // namespace

void launch_attention_plain(const AttentionArgs& args, const CudaBackend& backend) {
  require(args.head_size <= kLargestHead, "attention: heads of ", args.head_size, " channels, at most ",
          kLargestHead, " have a kernel");
  const dim3 grid(static_cast<unsigned>((args.queries + kWarps - 1) / kWarps),
                  static_cast<unsigned>(args.heads), static_cast<unsigned>(args.samples));
  const auto kernel = args.wide ? attention_plain<float> : attention_plain<__half>;
  kernel<<<grid, 32 * kWarps, 0, backend.stream()>>>(args);
  check_launch("attention_plain");
}

}  // namespace ltw::cuda
