#include "recording.h"

#include <algorithm>
#include <chrono>

namespace ltw::bench {

Recording::Recording(Backend& backend, const Forward& forward, int repeats,
                     const std::function<void(Program&, const Work&)>& observer)
    : backend_(backend) {
  Arena measuring;
  Context measure = Context::measure(backend, measuring);
  forward(measure);
  memory_ = backend.allocate(std::max<int64_t>(measuring.peak(), 256));
  Arena arena(memory_.data(), memory_.bytes());
  Context record = Context::record(backend, arena, program_);
  if (observer) record.observe([&](const Work& work) { observer(program_, work); });
  for (int i = 0; i < repeats; ++i) forward(record);
}

double Recording::seconds() {
  backend_.synchronize();
  const auto start = std::chrono::steady_clock::now();
  program_.run();
  backend_.synchronize();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Recording::median_seconds(double at_least) {
  seconds();
  std::vector<double> times;
  double sum = 0;
  while (times.size() < 5 || sum < at_least) {
    times.push_back(seconds());
    sum += times.back();
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace ltw::bench
