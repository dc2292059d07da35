// ltw_bench_batched [--device NAME] [FILTER]: times the ops whose family's name contains FILTER.
#include "bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "ops/elementwise.h"

namespace ltw::bench {

std::vector<Family>& families() {
  static std::vector<Family> all;
  return all;
}

namespace {

std::vector<float> normal(int64_t count, float deviation) {
  std::mt19937 generator(2024);
  std::normal_distribution<float> distribution(0, deviation);
  // Drawing is slow, and 2^16 different values are as good for a timing.
  std::vector<float> few(1 << 16), values(static_cast<size_t>(count));
  for (float& value : few) value = distribution(generator);
  for (size_t i = 0; i < values.size(); ++i) values[i] = few[i % few.size() ^ (i >> 16 & 0xff)];
  return values;
}

}  // namespace

OwnedTensor Bench::random(const Shape& shape) {
  OwnedTensor values(backend_, shape, DType::kF32), tensor(backend_, shape, backend_.activation_type());
  const std::vector<float> host = normal(shape.size(), 1);
  backend_.upload(values.tensor().data, host.data(), values.tensor().bytes());
  Arena none;
  Context ctx = Context::immediate(backend_, none);
  convert(tensor, values, 1, ctx);
  backend_.synchronize();
  return tensor;
}

PackedWeights Bench::conv_weights(int64_t out, int64_t in, int64_t kernel) {
  const int64_t depth = in * kernel * kernel;
  const float deviation = 1 / std::sqrt(static_cast<float>(depth));
  return pack_conv2d(normal(out * depth, deviation), normal(out, 1), out, in, kernel, backend_);
}

NormWeights Bench::norm_weights(int64_t channels) {
  NormWeights weights{OwnedTensor(backend_, Shape{channels}, DType::kF32),
                      OwnedTensor(backend_, Shape{channels}, DType::kF32)};
  const std::vector<float> values = normal(channels, 1);
  for (const OwnedTensor* t : {&weights.gamma, &weights.beta}) {
    backend_.upload(t->tensor().data, values.data(), t->tensor().bytes());
  }
  return weights;
}

void Bench::time(const std::string& what, const std::string& shape, double flop, double bytes,
                 const std::function<void(Context&)>& op) {
  const auto seconds_of = [&](Program& program) {
    backend_.synchronize();
    const auto start = std::chrono::steady_clock::now();
    program.run();
    backend_.synchronize();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Arena measuring;
  Context measure = Context::measure(backend_, measuring);
  op(measure);
  const Buffer scratch = backend_.allocate(std::max<int64_t>(measuring.peak(), 256));
  const auto record = [&](int repeats, Program& program) {
    Arena arena(scratch.data(), scratch.bytes());
    Context ctx = Context::record(backend_, arena, program);
    for (int i = 0; i < repeats; ++i) op(ctx);
  };
  Program one, many;
  record(1, one);
  seconds_of(one);  // loads the kernel
  const int repeats = static_cast<int>(std::clamp(0.01 / seconds_of(one), 1.0, 100.0));
  record(repeats, many);
  seconds_of(many);
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(seconds_of(many) / repeats);
  std::sort(times.begin(), times.end());
  const double seconds = times[times.size() / 2];
  std::printf("%s\t%s\t%.1f us\t%.1f TFLOP/s\t%.0f GB/s\n", what.c_str(), shape.c_str(), seconds * 1e6,
              flop / seconds * 1e-12, bytes / seconds * 1e-9);
  std::fflush(stdout);
}

}  // namespace ltw::bench

int main(int argc, char** argv) {
  std::string device = "cuda", filter;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--device") == 0 && i + 1 < argc) {
      device = argv[++i];
    } else {
      filter = argv[i];
    }
  }
  try {
    const auto backend = ltw::create_backend(device, 0);
    backend->make_current();
    std::printf("# %s\n", backend->description().c_str());
    ltw::bench::Bench bench(*backend);
    for (const auto& family : ltw::bench::families()) {
      if (family.name.find(filter) != std::string::npos) family.body(bench);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ltw_bench_batched: %s\n", error.what());
    return 1;
  }
}
