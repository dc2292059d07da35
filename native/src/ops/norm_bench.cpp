#include "bench.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"

namespace ltw {
namespace {

void time(bench::Bench& b, int64_t n, int64_t size, int64_t channels, int64_t channels2 = 0) {
  const OwnedTensor src = b.random(Shape{n, size, size, channels});
  const OwnedTensor dst = b.random(Shape{n, size, size, channels + channels2});
  std::optional<OwnedTensor> other;
  std::optional<Tensor> src2;
  if (channels2 > 0) {
    other = b.random(Shape{n, size, size, channels2});
    src2 = other->tensor();
  }
  const NormWeights weights = bench::random_norm(channels + channels2, b.backend());
  b.time([&](Context& ctx) { group_norm(dst, src, src2, weights, {32, 1e-5, true}, ctx); });
}

LTW_BENCH(group_norm) {
  const int64_t n = b.batch();
  time(b, n, 64, 320);
  time(b, n, 32, 640);
  time(b, n, 16, 1280);
  time(b, n, 8, 1280);
  time(b, n, 64, 320, 320);
  time(b, n, 16, 1280, 1280);
  time(b, b.pictures(), 128, 512);  // the VAE's
  time(b, b.pictures(), 512, 128);
}

LTW_BENCH(layer_norm) {
  for (const auto& [width, side] : {std::pair{320, 64}, {640, 32}, {1280, 16}}) {
    const OwnedTensor src = b.random(Shape{b.batch() * side * side, width}), dst = b.random(src.shape());
    const NormWeights weights = bench::random_norm(width, b.backend());
    b.time([&](Context& ctx) { layer_norm(dst, src, weights, 1e-5, ctx); });
  }
}

}  // namespace
}  // namespace ltw
