#include "bench.h"
#include "ops/linear.h"

namespace ltw {
namespace {

enum class Fused { kNothing, kResidual, kGeglu };

void time(bench::Bench& b, int64_t rows, int64_t in, int64_t out, Fused fused = Fused::kNothing) {
  const OwnedTensor src = b.random(Shape{rows, in});
  const OwnedTensor dst = b.random(Shape{rows, fused == Fused::kGeglu ? out / 2 : out});
  const PackedWeights weights = bench::random_weights(out, in, 1, b.backend());
  Epilogue epilogue;
  if (fused == Fused::kGeglu) epilogue.activation = Activation::kGeglu;
  if (fused == Fused::kResidual) epilogue.residual = dst.tensor();
  b.time([&](Context& ctx) { linear(dst, src, weights, epilogue, ctx); });
}

LTW_BENCH(linear_transformer) {
  for (const auto& [width, side] : {std::pair{320, 64}, {640, 32}, {1280, 16}}) {
    const int64_t rows = b.batch() * side * side;
    time(b, rows, width, width);
    time(b, rows, width, width, Fused::kResidual);
    time(b, rows, width, 3 * width);
    time(b, rows, width, 8 * width, Fused::kGeglu);
    time(b, rows, 4 * width, width, Fused::kResidual);
  }
}

LTW_BENCH(linear_large) {
  const int64_t size = bench::large_product(b.backend());
  time(b, size, size, size);
}

}  // namespace
}  // namespace ltw
