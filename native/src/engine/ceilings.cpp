#include "engine/ceilings.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>

#include "backend/context.h"
#include "ops/elementwise.h"
#include "ops/linear.h"

namespace ltw {
namespace {

constexpr int64_t kCopyBytes = int64_t{256} << 20;  // beyond every cache
constexpr double kSecondsEach = 0.2;                // of timing, at least

// Random, because a GPU computes with zeros at less power and so at higher clocks than with numbers.
std::vector<float> random_values(int64_t count, float spread) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> distribution(-spread, spread);
  std::vector<float> few(1 << 16), values(static_cast<size_t>(count));
  for (float& value : few) value = distribution(generator);
  // Drawing is slow; the shift keeps rows from being alike.
  for (size_t i = 0; i < values.size(); ++i) values[i] = few[(i ^ i >> 13) % few.size()];
  return values;
}

// The shortest of several runs: what else the machine does only ever adds.
double seconds_of(Backend& backend, const Program& program) {
  const auto once = [&] {
    const auto start = std::chrono::steady_clock::now();
    program.run();
    backend.synchronize();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  once();  // loads the kernel
  double best = std::numeric_limits<double>::max(), all = 0;
  for (int run = 0; run < 3 || all < kSecondsEach; ++run) {
    const double seconds = once();
    best = std::min(best, seconds);
    all += seconds;
  }
  return best;
}

double flops_per_second(Backend& backend) {
  // Large enough that a GPU's last, partly filled wave of blocks does not count.
  const int64_t side = backend.device() == DeviceKind::kCuda ? 8192 : 2048;
  const OwnedTensor src(backend, Shape{side, side}, backend.activation_type());
  const OwnedTensor dst(backend, Shape{side, side}, backend.activation_type());
  Arena none;
  Context ctx = Context::immediate(backend, none);
  {
    const std::vector<float> host = random_values(side * side, 1);
    const OwnedTensor values(backend, Shape{side, side}, DType::kF32);
    backend.upload(values.tensor().data, host.data(), values.tensor().bytes());
    convert(src, values, 1, ctx);
    backend.synchronize();
  }
  const PackedWeights weights = pack_linear(random_values(side * side, 0.02f), {}, side, side, backend);

  Arena measuring;
  Context measure = Context::measure(backend, measuring);
  linear(dst, src, weights, {}, measure);
  const Buffer scratch = backend.allocate(std::max<int64_t>(measuring.peak(), 256));
  Arena arena(scratch.data(), scratch.bytes());
  Program program;
  Context record = Context::record(backend, arena, program);
  linear(dst, src, weights, {}, record);
  return 2.0 * static_cast<double>(side) * static_cast<double>(side * side) / seconds_of(backend, program);
}

double bytes_per_second(Backend& backend) {
  const OwnedTensor src(backend, Shape{1, kCopyBytes / 4}, DType::kF32);
  const OwnedTensor dst(backend, Shape{1, kCopyBytes / 4}, DType::kF32);
  Arena none;
  Program program;
  Context record = Context::record(backend, none, program);
  broadcast(dst, src, record);
  return 2.0 * static_cast<double>(kCopyBytes) / seconds_of(backend, program);
}

}  // namespace

Ceilings measure_ceilings(Backend& backend) { return {flops_per_second(backend), bytes_per_second(backend)}; }

}  // namespace ltw
