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

// Queries whose scores a thread holds at once: as many as leave them in the second-level cache, 512 KiB, but
// no more than leave work for all threads.
constexpr int64_t kMaxQueryBlock = 256;
int64_t query_block(int64_t queries, int64_t keys, int64_t heads) {
  const int64_t share = (queries * heads / omp_get_max_threads() + 15) / 16 * 16;
  const int64_t cached = std::clamp<int64_t>((int64_t{128} << 10) / keys / 16 * 16, 64, kMaxQueryBlock);
  return std::clamp<int64_t>(share, 16, cached);
}

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

// The two products of a block of queries. Their scratchpads are used one after the other.
struct Products {
  matmul::primitive_desc scores, mix;
  int64_t scratch_bytes() const { return std::max(scratchpad_bytes(scores), scratchpad_bytes(mix)); }
};

struct Shapes {
  int64_t queries, keys, size;  // of one head
  int64_t q_stride, k_stride, v_stride, dst_stride;
};

Products describe(const Shapes& s, int64_t block, const memory::desc& keys, const memory::desc& values) {
  const memory::desc rows({block, s.keys}, kF32, {row_length(s.keys), 1});
  const memory::desc q({block, s.size}, kF32, {s.q_stride, 1}), dst({block, s.size}, kF32, {s.dst_stride, 1});
  return {{dnnl_engine(), q, keys, rows, user_scratchpad()},
          {dnnl_engine(), rows, values, dst, user_scratchpad()}};
}

// A head's keys [size, keys] and values [keys, size] as the products read them.
struct Layouts {
  memory::desc keys, values;
};

Layouts plain_layouts(const Shapes& s) {
  return {{{s.size, s.keys}, kF32, {1, s.k_stride}}, {{s.keys, s.size}, kF32, {s.v_stride, 1}}};
}

// What the products would choose. Putting every head into it once, not anew for every block of queries, takes
// a quarter off the time at 4096 pixels; with few blocks it costs more than it saves.
constexpr int64_t kPackFromBlocks = 8;

Layouts packed_layouts(const Shapes& s, int64_t block) {
  const auto any = [](const memory::desc& d) {
    return memory::desc(d.get_dims(), kF32, memory::format_tag::any);
  };
  const Layouts plain = plain_layouts(s);
  const Products nominal = describe(s, block, any(plain.keys), any(plain.values));
  return {nominal.scores.weights_desc(), nominal.mix.weights_desc()};
}

dnnl::reorder::primitive_desc describe_packing(const memory::desc& from, const memory::desc& to) {
  return {dnnl_engine(), from, dnnl_engine(), to, user_scratchpad()};
}

template <typename Primitive>
struct Kernel {
  typename Primitive::primitive_desc description;
  Primitive primitive;

  explicit Kernel(const typename Primitive::primitive_desc& d) : description(d), primitive(d) {}
};

struct Problem {
  Tensor dst, q, k, v;
  Tensor scratch;                     // [threads, bytes]
  Tensor packed_keys, packed_values;  // [samples * heads, bytes]
  int64_t heads, block;               // block: queries at once
  bool causal;
  Shapes shapes;
  std::optional<Kernel<dnnl::reorder>> pack_keys, pack_values;
  Kernel<matmul> scores, mix;            // of a whole block
  Kernel<matmul> last_scores, last_mix;  // of the last one

  // What the products read of a head.
  const void* keys_of(int64_t sample, int64_t head) const {
    return pack_keys ? place_in(packed_keys, sample, head) : at(k, sample, 0, head);
  }
  const void* values_of(int64_t sample, int64_t head) const {
    return pack_values ? place_in(packed_values, sample, head) : at(v, sample, 0, head);
  }
  void* place_in(const Tensor& packed, int64_t sample, int64_t head) const {
    return packed.as<char>() + (sample * heads + head) * packed.channels();
  }
  // Row `row` of a head in q, k, v or dst.
  float* at(const Tensor& t, int64_t sample, int64_t row, int64_t head) const {
    return t.f32() + (sample * t.shape[1] + row) * t.row_stride + head * shapes.size;
  }
  char* thread_scratch() const { return scratch.as<char>() + omp_get_thread_num() * scratch.channels(); }
};

void product(const Kernel<matmul>& kernel, const float* a, const void* b, float* c, void* scratchpad) {
  const matmul::primitive_desc& d = kernel.description;
  kernel.primitive.execute(dnnl_stream(),
                           {{DNNL_ARG_SRC, memory_at(d.src_desc(), const_cast<float*>(a))},
                            {DNNL_ARG_WEIGHTS, memory_at(d.weights_desc(), const_cast<void*>(b))},
                            {DNNL_ARG_DST, memory_at(d.dst_desc(), c)},
                            {DNNL_ARG_SCRATCHPAD, memory_at(d.scratchpad_desc(), scratchpad)}});
}

void pack(const Kernel<dnnl::reorder>& kernel, float* from, void* to, void* scratchpad) {
  const dnnl::reorder::primitive_desc& d = kernel.description;
  kernel.primitive.execute(dnnl_stream(),
                           {{DNNL_ARG_FROM, memory_at(d.src_desc(), from)},
                            {DNNL_ARG_TO, memory_at(d.dst_desc(), to)},
                            {DNNL_ARG_SCRATCHPAD, memory_at(d.scratchpad_desc(), scratchpad)}});
}

void pack_head(const Problem& p, int64_t sample, int64_t head) {
  pack(*p.pack_keys, p.at(p.k, sample, 0, head), p.place_in(p.packed_keys, sample, head), p.thread_scratch());
  pack(*p.pack_values, p.at(p.v, sample, 0, head), p.place_in(p.packed_values, sample, head),
       p.thread_scratch());
}

void attend(const Problem& p, int64_t sample, int64_t head, int64_t begin) {
  const int64_t keys = p.shapes.keys, count = std::min(p.block, p.shapes.queries - begin);
  const bool whole = count == p.block;
  float* scores = reinterpret_cast<float*>(p.thread_scratch());
  float* scratchpad = scores + p.block * row_length(keys);
  float* out = p.at(p.dst, sample, begin, head);
  product(whole ? p.scores : p.last_scores, p.at(p.q, sample, begin, head), p.keys_of(sample, head), scores,
          scratchpad);
  const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(p.shapes.size)));
  float sums[kMaxQueryBlock];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t seen = p.causal ? std::min(begin + i + 1, keys) : keys;
    sums[i] = exponentials(scores + i * row_length(keys), keys, seen, scale);
  }
  product(whole ? p.mix : p.last_mix, scores, p.values_of(sample, head), out, scratchpad);
  for (int64_t i = 0; i < count; ++i) {
    const float inverse = 1.0f / sums[i];
    float* row = out + i * p.dst.row_stride;
    for (int64_t c = 0; c < p.shapes.size; ++c) row[c] *= inverse;
  }
}

void run(const Problem& p) {
  const int64_t heads = p.q.shape[0] * p.heads, blocks = (p.shapes.queries + p.block - 1) / p.block;
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int64_t i = 0; i < (p.pack_keys ? heads : 0); ++i) pack_head(p, i / p.heads, i % p.heads);
#pragma omp for schedule(dynamic)
    for (int64_t i = 0; i < heads * blocks; ++i) {
      const int64_t place = i / blocks;
      attend(p, place / p.heads, place % p.heads, i % blocks * p.block);
    }
  }
}

}  // namespace

void attention(const Tensor& dst, const Tensor& q, const Tensor& k, const Tensor& v,
               const AttentionParams& params, Context& ctx) {
  const int64_t heads = params.heads;
  const Shapes shapes{q.shape[1],   k.shape[1],   q.channels() / heads, q.row_stride,
                      k.row_stride, v.row_stride, dst.row_stride};
  const int64_t block = std::min(query_block(shapes.queries, shapes.keys, heads), shapes.queries);
  const int64_t last_block = (shapes.queries - 1) % block + 1;
  const int64_t threads = omp_get_max_threads();
  const SingleThreaded guard;
  const bool packing = shapes.queries >= kPackFromBlocks * block;
  const Layouts plain = plain_layouts(shapes), layouts = packing ? packed_layouts(shapes, block) : plain;
  const Products whole = describe(shapes, block, layouts.keys, layouts.values);
  const Products last = describe(shapes, last_block, layouts.keys, layouts.values);
  const auto pack_k = describe_packing(plain.keys, layouts.keys);
  const auto pack_v = describe_packing(plain.values, layouts.values);

  constexpr int64_t kLine = 64;
  const auto lines = [](int64_t bytes) { return (bytes + kLine - 1) / kLine * kLine; };
  const int64_t product_bytes = block * row_length(shapes.keys) * size_of(DType::kF32) +
                                std::max(whole.scratch_bytes(), last.scratch_bytes());
  const int64_t packing_bytes = std::max(scratchpad_bytes(pack_k), scratchpad_bytes(pack_v));
  const ArenaTensor scratch =
      ctx.tensor(Shape{threads, lines(std::max(product_bytes, packing_bytes))}, DType::kU8);
  const int64_t all_heads = packing ? q.shape[0] * heads : 0;
  const auto bytes_of = [&](const memory::desc& d) { return lines(static_cast<int64_t>(d.get_size())); };
  const ArenaTensor packed_keys = ctx.tensor(Shape{all_heads, bytes_of(layouts.keys)}, DType::kU8);
  const ArenaTensor packed_values = ctx.tensor(Shape{all_heads, bytes_of(layouts.values)}, DType::kU8);
  if (ctx.measuring()) return;

  Problem p{dst,
            q,
            k,
            v,
            scratch,
            packed_keys,
            packed_values,
            heads,
            block,
            params.causal,
            shapes,
            {},
            {},
            Kernel<matmul>(whole.scores),
            Kernel<matmul>(whole.mix),
            Kernel<matmul>(last.scores),
            Kernel<matmul>(last.mix)};
  if (packing) {
    p.pack_keys.emplace(pack_k);
    p.pack_values.emplace(pack_v);
  }
  ctx.submit([p] { run(p); });
}

}  // namespace ltw::cpu
