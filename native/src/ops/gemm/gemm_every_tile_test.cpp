// Every kernel of every tile on as little work as makes it the choice: sanitizers see all of them in seconds.
// That the choice changes no bit is what is checked; what the bits should be, conv2d_test.cpp and
// linear_test.cpp.
#include <cstdlib>
#include <optional>

#include "base/divide_up.h"
#include "op_fixture.h"
#include "ops/conv2d.h"
#include "ops/gemm/gemm_tiles.h"
#include "ops/linear.h"
#include "ops/quantise.h"

namespace ltw {
namespace {

using test::OpFixture;
using test::Placed;
using test::Values;

constexpr int64_t kHeight = 8, kWidth = 16, kPixels = kHeight * kWidth;
constexpr int64_t kTerm = 64;                            // channels, for e4m3
constexpr int kHopper = 132, kHopperShared = 227 << 10;  // H100 SXM

// A convolution of pictures of 8x16, each with a bias of its own, or a linear layer of their pixels.
struct Product {
  int64_t samples, channels, columns, kernel;
  int multiprocessors;  // of the device that it is done on
  GemmFinish finish;
  bool term;  // of float16 to a product of e4m3

  GemmSize size(GemmFamily family) const {
    if (family == GemmFamily::kE4M3) {
      const int64_t steps = kernel * kernel * divide_up(channels, 128) + (term ? 1 : 0);
      return {samples * kPixels, columns, steps, 1, finish, kernel == 1 && !term, kernel == 1};
    }
    const int64_t steps = kernel * kernel * channels / 64;
    const bool shared = family == GemmFamily::kTma && finish == GemmFinish::kPlain;
    return {
        samples * kPixels, columns,     steps,     shared ? gemm_parts(kPixels, columns, steps) : 1, finish,
        kernel == 1,       kernel == 1, residual()};
  }
  // Deep ones have none: tall tiles in boxes are for these.
  bool residual() const { return channels < 1280; }
  int64_t work() const { return samples * kernel * kernel * channels * columns; }
};

// Two tiles and more steps than are in flight, so that the ring goes round and a block walks on. Where
// weights stay, the ring goes on from tile to tile.
bool takes(const Product& p, GemmFamily family, size_t tile, bool in_parts) {
  const GemmSize size = p.size(family);
  const GemmTileShape& shape = gemm_tiles(family)[tile];
  const bool resident = shape.schedule == GemmSchedule::kResident;
  const int64_t in_row = resident ? (size.rows - 1) / shape.rows * size.steps : size.steps;
  return (size.parts > 1) == in_parts && in_row > shape.stages &&
         (size.rows > shape.rows || size.columns > shape.columns) &&
         choose_gemm_tile(family, size, p.multiprocessors, kHopperShared).tile == static_cast<int>(tile);
}

std::optional<Product> smallest(GemmFamily family, size_t tile, GemmFinish finish, bool in_parts, bool term) {
  std::optional<Product> best;
  for (const int64_t kernel : {1, 3}) {
    if (kernel == 3 && finish != GemmFinish::kPlain) continue;
    for (const int64_t channels : {64, 192, 320, 640, 1280}) {
      for (const int64_t columns : {64, 80, 128, 160, 256, 320, 640}) {
        for (const int64_t samples : {1, 2, 4, 8, 16, 32, 64}) {
          for (const int multiprocessors : {1, kHopper}) {
            const Product p{samples, channels, columns, kernel, multiprocessors, finish, term};
            if ((!best || p.work() < best->work()) && takes(p, family, tile, in_parts)) best = p;
          }
        }
      }
    }
  }
  return best;
}

OpFixture device(GemmFamily family, int multiprocessors) {
  setenv("LTW_CUDA_CAPABILITY", family == GemmFamily::kMma ? "80" : "90", 1);
  setenv("LTW_CUDA_MULTIPROCESSORS", std::to_string(multiprocessors).c_str(), 1);
  OpFixture made("cuda:0");
  unsetenv("LTW_CUDA_CAPABILITY");
  unsetenv("LTW_CUDA_MULTIPROCESSORS");
  return made;
}

// Any e4m3 numbers.
Placed narrowed(const Shape& shape, const Values& x, OpFixture& t) {
  std::vector<uint8_t> bytes;
  for (const float value : x) {
    bytes.push_back(static_cast<uint8_t>(std::min(std::abs(value) * 32, 126.0f)) | (value < 0 ? 0x80 : 0));
  }
  Placed src = t.output(shape, DType::kE4M3);
  t.backend().upload(src.view.data, bytes.data(), static_cast<int64_t>(bytes.size()));
  return src;
}

Values run(OpFixture t, const Product& p, GemmFamily family, const Values& x, const Values& w,
           const Values& bias, const Values& sample_biases) {
  const int64_t samples = static_cast<int64_t>(x.size()) / (kPixels * p.channels);
  const bool gated = p.finish == GemmFinish::kGated, e4m3 = family == GemmFamily::kE4M3;
  const Shape from{samples, kHeight, kWidth, p.channels},
      to = from.with(3, gated ? p.columns / 2 : p.columns);
  const Placed src = e4m3 ? narrowed(from, x, t) : t.upload(from, x);
  const Placed dst = t.output(to, e4m3 && gated ? DType::kE4M3 : t.type());
  PackedWeights weights = p.kernel == 1 ? pack_linear(w, bias, p.columns, p.channels, t.backend())
                                        : pack_conv2d(w, bias, p.columns, p.channels, 3, t.backend());
  if (e4m3) quantise(weights, src.view.scale, t.backend());
  const Placed residual = t.upload(to, Values(static_cast<size_t>(to.size()), 1));
  const Placed term_src = t.upload(from.with(3, kTerm), Values(static_cast<size_t>(to.rows() * kTerm), 1));
  const Values term_w(w.begin(), w.begin() + p.columns * kTerm);
  const PackedWeights term = pack_linear(term_w, {}, p.columns, kTerm, t.backend());
  Epilogue epilogue;
  if (p.residual() && !(e4m3 && gated)) epilogue.residual = residual.view;
  const Placed sample_bias = t.upload(
      Shape{samples, p.columns}, Values(sample_biases.begin(), sample_biases.begin() + samples * p.columns));
  if (p.kernel > 1) epilogue.sample_bias = sample_bias.view;
  if (p.term) epilogue.terms = {{term_src, &term}};
  if (p.finish != GemmFinish::kPlain) epilogue.activation = gated ? Activation::kGeglu : Activation::kSilu;
  return t.run(dst, [&](Context& ctx) {
    p.kernel == 1 ? linear(dst, src, weights, epilogue, ctx) : conv2d(dst, src, weights, {}, epilogue, ctx);
  });
}

void check(OpFixture& t, const Product& p, GemmFamily family) {
  const int64_t depth = p.kernel * p.kernel * p.channels;
  const Values x = t.random(p.samples * kPixels * p.channels), bias = t.random(p.columns);
  const Values w = t.random_weights(p.columns * depth, 0.05);
  const Values sample_biases = t.random(p.samples * p.columns);
  const Values first(x.begin(), x.begin() + kPixels * p.channels);
  Values together = run(device(family, p.multiprocessors), p, family, x, w, bias, sample_biases);
  together.resize(together.size() / static_cast<size_t>(p.samples));
  test::expect_same_bits(together, run(device(family, kHopper), p, family, first, w, bias, sample_biases),
                         "a sample and others");
}

// One for every kernel of the family.
std::vector<Product> products(GemmFamily family) {
  std::vector<Product> all;
  const auto& tiles = gemm_tiles(family);
  for (size_t tile = 0; tile < tiles.size(); ++tile) {
    for (const GemmFinish finish : tiles[tile].finishes) {
      const bool whole = tiles[tile].schedule != GemmSchedule::kSpread;
      const bool plain = finish == GemmFinish::kPlain, e4m3 = family == GemmFamily::kE4M3;
      const bool parts = tiles[tile].parts && family == GemmFamily::kTma && plain;
      const bool terms = e4m3 && plain && tiles[tile].schedule != GemmSchedule::kResident;
      const auto add = [&](bool in_parts, bool term) {
        const auto product = smallest(family, tile, finish, in_parts, term);
        test::expect(product.has_value(), "no small product takes ", tiles[tile].rows, "x",
                     tiles[tile].columns, ", finish ", static_cast<int>(finish), in_parts ? ", in parts" : "",
                     term ? ", with a term" : "");
        all.push_back(*product);
      };
      if (whole) add(false, false);
      if (parts) add(true, false);
      if (terms) add(false, true);
    }
  }
  return all;
}

LTW_TEST(gemm_every_tile_is_for_some_small_product) {
  test::expect(products(GemmFamily::kTma).size() >= gemm_tiles(GemmFamily::kTma).size(), "copy engine");
  test::expect(products(GemmFamily::kMma).size() >= gemm_tiles(GemmFamily::kMma).size(), "mma");
  test::expect(products(GemmFamily::kE4M3).size() >= gemm_tiles(GemmFamily::kE4M3).size(), "e4m3");
}

void check_family(OpFixture& t, GemmFamily family) {
  if (t.backend().device() != DeviceKind::kCuda || t.type() != DType::kF16) return;
  for (const Product& product : products(family)) check(t, product, family);
}

LTW_OP_TEST(gemm_every_tile_of_the_copy_engine) { check_family(t, GemmFamily::kTma); }
LTW_OP_TEST(gemm_every_tile_of_mma) { check_family(t, GemmFamily::kMma); }
LTW_OP_TEST(gemm_every_tile_of_e4m3) {
  if (t.backend().device() != DeviceKind::kCuda) return;
  try {
    require_e4m3(t.backend());
  } catch (const Error&) {
    return;
  }
  check_family(t, GemmFamily::kE4M3);
}

}  // namespace
}  // namespace ltw
