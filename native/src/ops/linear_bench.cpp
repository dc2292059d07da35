#include "bench.h"
#include "ops/linear.h"

namespace ltw {
namespace {

struct Case {
  int64_t rows, in, out;
  Activation activation = Activation::kNone;
  bool residual = false;
};

void time(bench::Bench& b, const Case& c) {
  const bool gated = c.activation == Activation::kGeglu;
  const OwnedTensor src = b.random(Shape{c.rows, c.in}),
                    dst = b.random(Shape{c.rows, gated ? c.out / 2 : c.out});
  const PackedWeights weights = b.conv_weights(c.out, c.in, 1);
  Epilogue epilogue;
  epilogue.activation = c.activation;
  if (c.residual) epilogue.residual = dst.tensor();
  const double flop = 2.0 * static_cast<double>(c.rows * c.in * c.out);
  const double bytes = static_cast<double>(
      src.tensor().bytes() + (c.residual ? 2 : 1) * dst.tensor().bytes() + weights.weight.bytes());
  b.time("linear", text(c.rows, "x", c.in, ">", c.out, gated ? " geglu" : "", c.residual ? " residual" : ""),
         flop, bytes, [&](Context& ctx) { linear(dst, src, weights, epilogue, ctx); });
}

LTW_BENCH(linear) {
  constexpr Activation kGeglu = Activation::kGeglu, kNone = Activation::kNone;
  for (const Case& c : {Case{8192, 8192, 8192}, Case{131072, 320, 320}, Case{131072, 320, 960},
                        Case{131072, 320, 2560, kGeglu}, Case{131072, 1280, 320, kNone, true},
                        Case{32768, 640, 5120, kGeglu}, Case{32768, 2560, 640, kNone, true},
                        Case{8192, 1280, 10240, kGeglu}, Case{8192, 5120, 1280, kNone, true}}) {
    time(b, c);
  }
}

}  // namespace
}  // namespace ltw
