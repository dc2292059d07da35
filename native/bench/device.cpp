#include "device.h"

#include <chrono>
#include <deque>

namespace ltw::bench {
namespace {

// A device whose steps are done when they return.
class CpuMarks final : public Marks {
 public:
  Step next() override {
    times_.emplace_back();
    return [&time = times_.back()] { time = Clock::now(); };
  }

  std::vector<double> intervals() override {
    std::vector<double> seconds;
    for (size_t i = 1; i < times_.size(); ++i) {
      seconds.push_back(std::chrono::duration<double>(times_[i] - times_[i - 1]).count());
    }
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::deque<Clock::time_point> times_;
};

}  // namespace

std::unique_ptr<Marks> make_marks(Backend& backend) {
#ifdef LTW_CUDA
  if (backend.device() == DeviceKind::kCuda) return make_cuda_marks(backend);
#endif
  ensure(backend.device() == DeviceKind::kCpu, "no marks for this device");
  return std::make_unique<CpuMarks>();
}

}  // namespace ltw::bench
