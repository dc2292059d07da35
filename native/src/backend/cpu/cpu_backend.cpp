#include "backend/cpu/cpu_backend.h"

#include <omp.h>

#include <chrono>
#include <cstring>
#include <limits>

namespace ltw::cpu {
namespace {

// As the process starts: later it is what make_current() has made of it.
const int default_threads = omp_get_max_threads();

// Work is done when it is queued.
class CpuEvent final : public Event {
 public:
  void record() override { reached_ = Clock::now(); }
  void wait() const override {}
  double seconds_since(const Event& earlier) const override {
    const Clock::time_point since = static_cast<const CpuEvent&>(earlier).reached_;
    return std::chrono::duration<double>(reached_ - since).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point reached_;
};

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads) : threads_(threads > 0 ? threads : default_threads) {}

  DeviceKind device() const override { return DeviceKind::kCpu; }
  std::string description() const override { return text("CPU, ", threads_, " threads, float32 (oneDNN)"); }
  DType activation_type() const override { return DType::kF32; }
  // oneDNN picks its blocking by the shape, so the shape must not follow from the batch.
  int frames_per_evaluation() const override { return 1; }
  bool asynchronous() const override { return false; }
  // OpenMP keeps its thread count per calling thread.
  void make_current() override { omp_set_num_threads(threads_); }
  void upload(void* device, const void* host, int64_t bytes) override {
    if (!rehearses()) std::memcpy(device, host, bytes);
  }
  void download(void* host, const void* device, int64_t bytes) override {
    if (!rehearses()) std::memcpy(host, device, bytes);
  }
  void synchronize() override {}
  std::unique_ptr<Event> event() override { return std::make_unique<CpuEvent>(); }
  void wait_for(const Event&) override {}
  std::shared_ptr<char[]> host_memory(int64_t bytes) override {
    return rehearses() ? nullptr : std::shared_ptr<char[]>(new char[static_cast<size_t>(bytes)]);
  }
  void download_later(void* host, const void* device, int64_t bytes) override {
    download(host, device, bytes);
  }
  // The system pages: there is no number that is not to be exceeded.
  int64_t free_bytes() const override { return std::numeric_limits<int64_t>::max(); }

 protected:
  std::unique_ptr<Backend> twin(std::shared_ptr<MemoryCounter> memory, bool rehearses) const override {
    return std::unique_ptr<Backend>(new CpuBackend(*this, std::move(memory), rehearses));
  }

 private:
  CpuBackend(const CpuBackend& device, std::shared_ptr<MemoryCounter> memory, bool rehearses)
      : Backend(std::move(memory), rehearses), threads_(device.threads_) {}

  int threads_;
};

}  // namespace

std::unique_ptr<Backend> create_backend(int threads) { return std::make_unique<CpuBackend>(threads); }

}  // namespace ltw::cpu
