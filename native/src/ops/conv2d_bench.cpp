#include "bench.h"
#include "ops/conv2d.h"

namespace ltw {
namespace {

struct Case {
  int64_t n, size, in, out;
  int64_t kernel = 3;
  Conv2dParams params{};
};

void time(bench::Bench& b, const Case& c) {
  const int64_t to = conv2d_out_size(c.size, c.kernel, c.params);
  const OwnedTensor src = b.random(Shape{c.n, c.size, c.size, c.in}),
                    dst = b.random(Shape{c.n, to, to, c.out});
  const PackedWeights weights = b.conv_weights(c.out, c.in, c.kernel);
  const double flop = 2.0 * static_cast<double>(dst.shape().size() * c.in * c.kernel * c.kernel);
  const double bytes =
      static_cast<double>(src.tensor().bytes() + dst.tensor().bytes() + weights.weight.bytes());
  const char* kind = c.params.upsample ? ", upsampled" : c.params.stride == 2 ? ", stride 2" : "";
  b.time("conv2d", text("B", c.n, " ", c.in, ">", c.out, " @", c.size, " k", c.kernel, kind), flop, bytes,
         [&](Context& ctx) { conv2d(dst, src, weights, c.params, {}, ctx); });
}

LTW_BENCH(conv2d) {
  for (const Case& c :
       {Case{32, 64, 320, 320}, Case{32, 32, 640, 640}, Case{32, 16, 1280, 1280}, Case{32, 16, 2560, 1280},
        Case{32, 8, 1280, 1280}, Case{2, 64, 320, 320}, Case{2, 16, 1280, 1280}, Case{2, 8, 1280, 1280},
        Case{1, 512, 128, 128}, Case{1, 512, 256, 128}, Case{1, 256, 256, 256}, Case{1, 128, 512, 512},
        Case{32, 64, 4, 320}, Case{32, 64, 320, 4}, Case{32, 64, 320, 320, 3, {2, 1, 1, false}},
        Case{32, 16, 1280, 1280, 3, {1, 1, 1, true}}}) {
    time(b, c);
  }
}

}  // namespace
}  // namespace ltw
