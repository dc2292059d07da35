#include "bench.h"
#include "ops/attention.h"

namespace ltw {
namespace {

struct Case {
  int64_t n, queries, keys, heads, size;
  bool causal = false;
};

LTW_BENCH(attention) {
  for (const Case& c : {Case{32, 4096, 4096, 8, 40}, Case{32, 1024, 1024, 8, 80}, Case{32, 256, 256, 8, 160},
                        Case{32, 4096, 77, 8, 40}, Case{32, 1024, 77, 8, 80}, Case{2, 4096, 4096, 8, 40},
                        Case{8, 4096, 4096, 5, 64}, Case{8, 77, 77, 12, 64, true},
                        Case{1, 4096, 4096, 1, 512}, Case{8, 4096, 4096, 1, 512}}) {
    const Shape to{c.n, c.queries, c.heads * c.size}, from{c.n, c.keys, c.heads * c.size};
    const OwnedTensor q = b.random(to), k = b.random(from), v = b.random(from), dst = b.random(to);
    const double flop = 4.0 * static_cast<double>(to.size() * c.keys) * (c.causal ? 0.5 : 1.0);
    const double bytes = static_cast<double>(2 * q.tensor().bytes() + 2 * k.tensor().bytes());
    b.time(
        "attention",
        text("B", c.n, " H", c.heads, " d", c.size, " ", c.queries, "x", c.keys, c.causal ? " causal" : ""),
        flop, bytes, [&](Context& ctx) {
          attention(dst, q, k, v, {c.heads, c.causal}, ctx);
        });
  }
}

}  // namespace
}  // namespace ltw
