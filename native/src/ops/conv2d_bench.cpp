#include "bench.h"
#include "ops/conv2d.h"

namespace ltw {
namespace {

constexpr Conv2dParams kDown{.stride = 2}, kUp{.upsample = true};

void time(bench::Bench& b, int64_t n, int64_t size, int64_t in, int64_t out, const Conv2dParams& params = {},
          const std::vector<int64_t>& terms = {}) {
  const int64_t to = conv2d_out_size(size, 3, params);
  const OwnedTensor src = b.random(Shape{n, size, size, in}), dst = b.random(Shape{n, to, to, out});
  const PackedWeights weights = bench::random_weights(out, in, 3, b.backend(), params.upsample);
  std::vector<OwnedTensor> term_src;
  std::vector<PackedWeights> term_weights;
  for (const int64_t channels : terms) {
    term_src.push_back(b.random(Shape{n, to, to, channels}));
    term_weights.push_back(bench::random_weights(out, channels, 1, b.backend()));
    term_weights.back().has_bias = false;
  }
  Epilogue epilogue;
  for (size_t i = 0; i < terms.size(); ++i) epilogue.terms.push_back({term_src[i], &term_weights[i]});
  b.time([&](Context& ctx) { conv2d(dst, src, weights, params, epilogue, ctx); });
}

LTW_BENCH(conv2d_unet) {
  const int64_t n = b.batch();
  time(b, n, 64, 4, 320);
  time(b, n, 64, 320, 320);
  time(b, n, 32, 640, 640);
  time(b, n, 16, 1280, 1280);
  time(b, n, 8, 1280, 1280);
  time(b, n, 64, 960, 320);
  time(b, n, 32, 1920, 640);
  time(b, n, 16, 2560, 1280);
  time(b, n, 8, 2560, 1280);
  time(b, n, 64, 320, 320, kDown);
  time(b, n, 16, 1280, 1280, kUp);
  time(b, n, 32, 640, 640, kUp);
  time(b, n, 64, 320, 4);
  time(b, n, 64, 320, 320, {}, {320, 320});
  time(b, n, 16, 1280, 1280, {}, {1280, 1280});
}

LTW_BENCH(conv2d_vae) {
  const int64_t n = b.pictures();
  time(b, n, 64, 512, 512);
  time(b, n, 64, 512, 512, kUp);
  time(b, n, 128, 512, 512);
  time(b, n, 256, 256, 256);
  time(b, n, 256, 256, 256, kUp);
  time(b, n, 512, 256, 128);
  time(b, n, 512, 128, 128);
  time(b, n, 512, 128, 3);
  time(b, n, 512, 128, 128, {}, {256});
}

}  // namespace
}  // namespace ltw
