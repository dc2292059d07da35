// Times every op at the shapes of Stable Diffusion 1.5 with 32x32 latents: ltw_bench [FILTER [DEVICE]].
// Elements picked at random are checked against a sum in doubles before an op is timed.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "op_fixture.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/group_norm.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"

namespace ltw::bench {
namespace {

using test::OpFixture;
using test::Placed;
using test::Values;

struct Case {
  std::string name;
  double flops, bytes;  // one of them; the other is 0
  test::Tolerance tolerance;
  const Placed& out;
  OpFixture::Op run;
  std::function<double(int64_t)> expected;  // of the out's i-th element
};

class Bench {
 public:
  Bench(const char* filter, const char* device) : filter_(filter), fixture_(device) {}

  OpFixture& fixture() { return fixture_; }
  bool wants(const std::string& name) const { return name.find(filter_) != std::string::npos; }

  void time(const Case& c) {
    Arena measuring;
    Context measure = Context::measure(fixture_.backend(), measuring);
    c.run(measure);
    const Buffer memory = fixture_.backend().allocate(measuring.peak());
    Arena arena(memory.data(), measuring.peak());
    Program program;
    Context record = Context::record(fixture_.backend(), arena, program);
    c.run(record);
    program.run();
    check(c);
    std::vector<double> seconds;
    const auto start = Clock::now();
    while (seconds.size() < 5 || Clock::now() - start < std::chrono::milliseconds(300)) {
      const auto before = Clock::now();
      program.run();
      fixture_.backend().synchronize();
      seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
    }
    std::sort(seconds.begin(), seconds.end());
    const double best = seconds.front(), median = seconds[seconds.size() / 2];
    std::printf("%-52s %9.3f %9.3f %8.1f %s\n", c.name.c_str(), best * 1e3, median * 1e3,
                (c.flops + c.bytes) / best * 1e-9, c.flops > 0 ? "GFLOP/s" : "GB/s");
    std::fflush(stdout);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void check(const Case& c) const {
    const Values got = fixture_.download(c.out);
    std::mt19937_64 generator(7);
    Values picked;
    test::Doubles expected;
    for (int i = 0; i < 64; ++i) {
      const auto at = static_cast<int64_t>(generator() % got.size());
      picked.push_back(got[at]);
      expected.push_back(c.expected(at));
    }
    test::expect_close(picked, expected, c.tolerance, c.name);
  }

  std::string filter_;
  OpFixture fixture_;
};

void conv2d(Bench& bench, int64_t in, int64_t out, int64_t size, Conv2dParams params = {}) {
  const int64_t to = conv2d_out_size(size, 3, params), factor = params.upsample ? 2 : 1;
  const std::string name = text("conv2d ", in, " to ", out, " at ", to, "x", to,
                                params.upsample      ? ", upsample"
                                : params.stride == 2 ? ", stride 2"
                                                     : "");
  if (!bench.wants(name)) return;
  OpFixture& t = bench.fixture();
  const Values x = t.random(size * size * in), b = t.random(out);
  const Values w = t.random(out * in * 9, 1 / std::sqrt(9.0 * static_cast<double>(in)));
  const PackedWeights weights = pack_conv2d(w, b, out, in, 3, t.backend());
  const Placed src = t.upload(Shape{1, size, size, in}, x), dst = t.output(Shape{1, to, to, out});
  bench.time({name, 2.0 * static_cast<double>(9 * in * out * to * to), 0, t.tolerance().product, dst,
              [&](Context& ctx) { conv2d(dst, src, weights, params, {}, ctx); },
              [&](int64_t i) {
                const int64_t o = i % out, ox = i / out % to, oy = i / out / to;
                double sum = b[o];
                for (int64_t k = 0; k < 9; ++k) {
                  const int64_t y = oy * params.stride + k / 3 - params.pad_begin;
                  const int64_t z = ox * params.stride + k % 3 - params.pad_begin;
                  if (y < 0 || z < 0 || y >= size * factor || z >= size * factor) continue;
                  const float* pixel = &x[(y / factor * size + z / factor) * in];
                  for (int64_t c = 0; c < in; ++c) sum += double{pixel[c]} * w[(o * in + c) * 9 + k];
                }
                return sum;
              }});
}

void linear(Bench& bench, int64_t rows, int64_t in, int64_t out, bool geglu = false) {
  const std::string name = text("linear ", rows, " rows, ", in, " to ", out, geglu ? ", GEGLU" : "");
  if (!bench.wants(name)) return;
  OpFixture& t = bench.fixture();
  const int64_t to = geglu ? out / 2 : out;
  const Values x = t.random(rows * in), b = t.random(out);
  const Values w = t.random(out * in, 1 / std::sqrt(static_cast<double>(in)));
  const PackedWeights weights = pack_linear(w, b, out, in, t.backend());
  const Placed src = t.upload(Shape{rows, in}, x), dst = t.output(Shape{rows, to});
  Epilogue epilogue;
  if (geglu) epilogue.activation = Activation::kGeglu;
  const auto product = [&](int64_t row, int64_t o) {
    double sum = b[o];
    for (int64_t c = 0; c < in; ++c) sum += double{x[row * in + c]} * w[o * in + c];
    return sum;
  };
  bench.time({name, 2.0 * static_cast<double>(rows * in * out), 0, t.tolerance().product, dst,
              [&](Context& ctx) { linear(dst, src, weights, epilogue, ctx); },
              [&](int64_t i) {
                const double value = product(i / to, i % to);
                if (!geglu) return value;
                const double gate = product(i / to, i % to + to);
                return value * 0.5 * gate * std::erfc(-gate / std::sqrt(2.0));
              }});
}

void attention(Bench& bench, int64_t queries, int64_t keys, int64_t heads, int64_t size) {
  const std::string name = text("attention ", queries, "x", keys, ", ", heads, " heads of ", size);
  if (!bench.wants(name)) return;
  OpFixture& t = bench.fixture();
  const int64_t channels = heads * size;
  const Values q = t.random(queries * channels), k = t.random(keys * channels), v = t.random(keys * channels);
  const Placed q_at = t.upload(Shape{1, queries, channels}, q), k_at = t.upload(Shape{1, keys, channels}, k);
  const Placed v_at = t.upload(Shape{1, keys, channels}, v), dst = t.output(Shape{1, queries, channels});
  bench.time({name, 4.0 * static_cast<double>(queries * keys * channels), 0, t.tolerance().attention, dst,
              [&](Context& ctx) {
                attention(dst, q_at, k_at, v_at, {heads, false}, ctx);
              },
              [&](int64_t i) {
                const int64_t head = i % channels / size * size, row = i / channels * channels;
                double sum = 0, mixed = 0;
                for (int64_t j = 0; j < keys; ++j) {
                  double dot = 0;
                  for (int64_t e = head; e < head + size; ++e)
                    dot += double{q[row + e]} * k[j * channels + e];
                  const double weight = std::exp(dot / std::sqrt(static_cast<double>(size)));
                  sum += weight;
                  mixed += weight * v[j * channels + i % channels];
                }
                return mixed / sum;
              }});
}

void group_norm(Bench& bench, int64_t size, int64_t channels, bool silu) {
  const std::string name = text("group_norm ", channels, " at ", size, "x", size, silu ? ", SiLU" : "");
  if (!bench.wants(name)) return;
  OpFixture& t = bench.fixture();
  const int64_t pixels = size * size, group = channels / 32;
  const Values x = t.random(pixels * channels), gamma = t.random(channels), beta = t.random(channels);
  const NormWeights weights = t.norm_weights(gamma, beta);
  const Placed src = t.upload(Shape{1, size, size, channels}, x), dst = t.output(src.view.shape);
  bench.time({name, 0, 2.0 * static_cast<double>(src.view.bytes()), t.tolerance().norm, dst,
              [&](Context& ctx) {
                group_norm(dst, src, {}, weights, {32, 1e-5, silu}, ctx);
              },
              [&](int64_t i) {
                const int64_t c = i % channels, first = c / group * group;
                double sum = 0, squares = 0;
                for (int64_t e = 0; e < pixels * group; ++e) {
                  const double value = x[e / group * channels + first + e % group];
                  sum += value;
                  squares += value * value;
                }
                const double count = static_cast<double>(pixels * group), mean = sum / count;
                const double inverse = 1 / std::sqrt(squares / count - mean * mean + 1e-5);
                const double y = (x[i] - mean) * inverse * gamma[c] + beta[c];
                return silu ? y / (1 + std::exp(-y)) : y;
              }});
}

void layer_norm(Bench& bench, int64_t rows, int64_t channels) {
  const std::string name = text("layer_norm ", rows, " rows of ", channels);
  if (!bench.wants(name)) return;
  OpFixture& t = bench.fixture();
  const Values x = t.random(rows * channels), gamma = t.random(channels), beta = t.random(channels);
  const NormWeights weights = t.norm_weights(gamma, beta);
  const Placed src = t.upload(Shape{rows, channels}, x), dst = t.output(src.view.shape);
  bench.time({name, 0, 2.0 * static_cast<double>(src.view.bytes()), t.tolerance().norm, dst,
              [&](Context& ctx) { layer_norm(dst, src, weights, 1e-5, ctx); },
              [&](int64_t i) {
                const float* row = &x[i / channels * channels];
                double sum = 0, squares = 0;
                for (int64_t c = 0; c < channels; ++c) {
                  sum += row[c];
                  squares += double{row[c]} * row[c];
                }
                const double mean = sum / static_cast<double>(channels);
                const double variance = squares / static_cast<double>(channels) - mean * mean;
                return (x[i] - mean) / std::sqrt(variance + 1e-5) * gamma[i % channels] + beta[i % channels];
              }});
}

void run(Bench& bench) {
  const Conv2dParams down{2, 1, 1, false}, up{1, 1, 1, true};
  std::printf("%s\n%-52s %9s %9s\n", bench.fixture().backend().description().c_str(), "op", "best ms",
              "median");
  conv2d(bench, 4, 320, 32);
  for (const auto& [channels, size] : {std::pair{320, 32}, {640, 16}, {1280, 8}, {1280, 4}}) {
    conv2d(bench, channels, channels, size);
  }
  conv2d(bench, 960, 320, 32);
  conv2d(bench, 2560, 1280, 8);
  conv2d(bench, 320, 320, 32, down);
  conv2d(bench, 640, 640, 16, up);
  conv2d(bench, 1280, 1280, 8, up);
  conv2d(bench, 320, 4, 32);
  conv2d(bench, 512, 512, 64);  // the VAE's
  conv2d(bench, 256, 256, 64, up);
  conv2d(bench, 128, 128, 256);
  for (const auto& [channels, rows] : {std::pair{320, 1024}, {640, 256}, {1280, 64}}) {
    linear(bench, rows, channels, 3 * channels);
    linear(bench, rows, channels, 8 * channels, true);
    linear(bench, rows, 4 * channels, channels);
    attention(bench, rows, rows, 8, channels / 8);
    attention(bench, rows, 77, 8, channels / 8);
    layer_norm(bench, rows, channels);
  }
  attention(bench, 4096, 4096, 8, 40);   // 64x64 latents
  attention(bench, 1024, 1024, 1, 512);  // the VAE's
  for (const bool silu : {false, true}) {
    for (const auto& [channels, size] : {std::pair{320, 32}, {1280, 8}, {512, 64}, {128, 256}}) {
      group_norm(bench, size, channels, silu);
    }
  }
}

}  // namespace
}  // namespace ltw::bench

int main(int argc, char** argv) {
  try {
    ltw::bench::Bench bench(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "cpu");
    ltw::bench::run(bench);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
