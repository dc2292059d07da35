#include "bench.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"

namespace ltw {
namespace {

struct Case {
  int64_t n, size, channels, channels2 = 0;
};

LTW_BENCH(group_norm) {
  for (const Case& c :
       {Case{32, 64, 320}, Case{32, 32, 640}, Case{32, 16, 1280}, Case{32, 8, 1280}, Case{32, 64, 320, 320},
        Case{32, 16, 1280, 1280}, Case{2, 64, 320}, Case{1, 512, 128}}) {
    const int64_t channels = c.channels + c.channels2;
    const OwnedTensor src = b.random(Shape{c.n, c.size, c.size, c.channels});
    const OwnedTensor dst = b.random(Shape{c.n, c.size, c.size, channels});
    std::optional<OwnedTensor> other;
    std::optional<Tensor> src2;
    if (c.channels2 > 0) {
      other = b.random(Shape{c.n, c.size, c.size, c.channels2});
      src2 = other->tensor();
    }
    const NormWeights weights = b.norm_weights(channels);
    b.time("group_norm silu", text("B", c.n, " ", c.channels, "+", c.channels2, " @", c.size), 0,
           3.0 * static_cast<double>(dst.tensor().bytes()), [&](Context& ctx) {
             group_norm(dst, src, src2, weights, {32, 1e-5, true}, ctx);
           });
  }
}

LTW_BENCH(layer_norm) {
  for (const Shape& shape : {Shape{131072, 320}, Shape{32768, 640}, Shape{8192, 1280}}) {
    const OwnedTensor src = b.random(shape), dst = b.random(shape);
    const NormWeights weights = b.norm_weights(shape.channels());
    b.time("layer_norm", text(shape), 0, 2.0 * static_cast<double>(dst.tensor().bytes()),
           [&](Context& ctx) { layer_norm(dst, src, weights, 1e-5, ctx); });
  }
}

}  // namespace
}  // namespace ltw
