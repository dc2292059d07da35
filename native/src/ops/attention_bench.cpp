#include "bench.h"
#include "ops/attention.h"

namespace ltw {
namespace {

void time(bench::Bench& b, int64_t n, int64_t heads, int64_t size, int64_t queries, int64_t keys,
          bool causal = false) {
  const Shape to{n, queries, heads * size}, from{n, keys, heads * size};
  const OwnedTensor q = b.random(to), k = b.random(from), v = b.random(from), dst = b.random(to);
  b.time([&](Context& ctx) { attention(dst, q, k, v, {heads, causal}, ctx); });
}

LTW_BENCH(attention) {
  for (const auto& [size, side] : {std::pair{40, 64}, {80, 32}, {160, 16}, {160, 8}}) {
    time(b, b.batch(), 8, size, side * side, side * side);
    time(b, b.batch(), 8, size, side * side, 77);
  }
  time(b, b.pictures(), 5, 64, 4096, 4096);
  time(b, b.pictures(), 1, 512, 4096, 4096);    // the VAE's
  time(b, 1, 12, 64, 77, 77, /*causal=*/true);  // the text encoder's
}

}  // namespace
}  // namespace ltw
