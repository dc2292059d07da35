#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "ops/attention.h"
#include "ops/primitive_cpu.h"
#include "ops/simd_cpu.h"

namespace ltw::cpu {
namespace {

using dnnl::matmul;
using dnnl::memory;

constexpr auto kF32 = memory::data_type::f32;

// Queries whose scores are held at once by a thread: 1 MiB for 4096 keys.
constexpr int64_t kQueryBlock = 64;

// Primitives made here run on the thread that calls them: the parallel loop is ours.
class SingleThreaded {
 public:
  SingleThreaded() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThreaded() { omp_set_num_threads(threads_); }
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int threads_;
};

// Rows of scores are padded to whole vectors of AVX-512, and by one more: rows a power of two apart share
// cache sets.
constexpr int64_t kLanes = 16;
constexpr int64_t padded(int64_t keys) { return (keys + kLanes - 1) / kLanes * kLanes; }
constexpr int64_t row_length(int64_t keys) { return padded(keys) + kLanes; }

// softmax(scale * row) without its division; returns the sum. Keys from `seen` on get no weight.
LTW_WIDE float exponentials(float* row, int64_t keys, int64_t seen, float scale) {
  const int64_t count = padded(seen);
  std::fill(row + seen, row + padded(keys), -std::numeric_limits<float>::infinity());
  int32_t largest = ordered(row[0]);
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, ordered(row[i]));
  const float offset = -from_ordered(largest) * scale;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) {
    row[i] = exp_of_negative(std::fma(row[i], scale, offset));
    sum += row[i];  // the padding adds e^-87 each, which rounds away
  }
  std::fill(row + seen, row + padded(keys), 0.0f);
  return sum;
}

// The two products of one block of queries; their scratchpads are used one after the other.
struct Block {
  matmul::primitive_desc scores, mix;
  int64_t scratch_bytes() const { return std::max(scratchpad_bytes(scores), scratchpad_bytes(mix)); }
};

Block describe(int64_t queries, int64_t keys, int64_t size, const Tensor& dst, const Tensor& q,
               const Tensor& k, const Tensor& v) {
  const SingleThreaded guard;
  const memory::desc rows({queries, keys}, kF32, {row_length(keys), 1});
  const dnnl::primitive_attr attributes = user_scratchpad();
  return {{dnnl_engine(),
           {{queries, size}, kF32, {q.row_stride, 1}},
           {{size, keys}, kF32, {1, k.row_stride}},
           rows,
           attributes},
          {dnnl_engine(),
           rows,
           {{keys, size}, kF32, {v.row_stride, 1}},
           {{queries, size}, kF32, {dst.row_stride, 1}},
           attributes}};
}

struct Kernel {
  explicit Kernel(const Block& described) : block(described) {
    const SingleThreaded guard;
    scores = matmul(block.scores);
    mix = matmul(block.mix);
  }
  Block block;
  matmul scores, mix;
};

struct Problem {
  Tensor dst, q, k, v, scratch;  // scratch: [threads, bytes]
  int64_t heads, size, queries, keys;
  bool causal;
  std::optional<Kernel> whole, rest;  // blocks of kQueryBlock queries, and the last one

  int64_t blocks() const { return (queries + kQueryBlock - 1) / kQueryBlock; }
};

void product(const matmul& primitive, const matmul::primitive_desc& description, const float* a,
             const float* b, float* c, void* scratchpad) {
  primitive.execute(dnnl_stream(),
                    {{DNNL_ARG_SRC, memory_at(description.src_desc(), const_cast<float*>(a))},
                     {DNNL_ARG_WEIGHTS, memory_at(description.weights_desc(), const_cast<float*>(b))},
                     {DNNL_ARG_DST, memory_at(description.dst_desc(), c)},
                     {DNNL_ARG_SCRATCHPAD, memory_at(description.scratchpad_desc(), scratchpad)}});
}

void attend(const Problem& p, int64_t sample, int64_t head, int64_t block) {
  const int64_t begin = block * kQueryBlock, count = std::min(kQueryBlock, p.queries - begin);
  const Kernel& kernel = count == kQueryBlock ? *p.whole : *p.rest;
  const auto at = [&](const Tensor& t, int64_t row) {
    return t.f32() + (sample * t.shape[1] + row) * t.row_stride + head * p.size;
  };
  float* scores =
      reinterpret_cast<float*>(p.scratch.as<char>() + omp_get_thread_num() * p.scratch.channels());
  float* scratchpad = scores + kQueryBlock * row_length(p.keys);
  float* out = at(p.dst, begin);
  product(kernel.scores, kernel.block.scores, at(p.q, begin), at(p.k, 0), scores, scratchpad);
  const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(p.size)));
  float sums[kQueryBlock];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t seen = p.causal ? std::min(begin + i + 1, p.keys) : p.keys;
    sums[i] = exponentials(scores + i * row_length(p.keys), p.keys, seen, scale);
  }
  product(kernel.mix, kernel.block.mix, scores, at(p.v, 0), out, scratchpad);
  for (int64_t i = 0; i < count; ++i) {
    const float inverse = 1.0f / sums[i];
    float* row = out + i * p.dst.row_stride;
    for (int64_t c = 0; c < p.size; ++c) row[c] *= inverse;
  }
}

}  // namespace

void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx) {
  const int64_t queries = q.shape[1], keys = k.shape[1], size = q.channels() / params.heads;
  const auto block = [&](int64_t count) { return describe(count, keys, size, dst, q, k, v); };
  const bool has_whole = queries >= kQueryBlock, has_rest = queries % kQueryBlock != 0;
  int64_t bytes = 0;
  if (has_whole) bytes = block(kQueryBlock).scratch_bytes();
  if (has_rest) bytes = std::max(bytes, block(queries % kQueryBlock).scratch_bytes());
  constexpr int64_t kLine = 64;
  bytes = (bytes + kQueryBlock * row_length(keys) * size_of(DType::kF32) + kLine - 1) / kLine * kLine;
  const ArenaTensor scratch = ctx.tensor(Shape{omp_get_max_threads(), bytes}, DType::kU8);
  if (ctx.measuring()) return;

  Problem p{dst, q, k, v, scratch, params.heads, size, queries, keys, params.causal, {}, {}};
  if (has_whole) p.whole.emplace(block(kQueryBlock));
  if (has_rest) p.rest.emplace(block(queries % kQueryBlock));
  ctx.submit([p] {
    const int64_t blocks = p.blocks(), samples = p.q.shape[0];
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < samples * p.heads * blocks; ++i) {
      attend(p, i / (p.heads * blocks), i / blocks % p.heads, i % blocks);
    }
  });
}

}  // namespace ltw::cpu
