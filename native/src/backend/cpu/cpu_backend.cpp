#include "backend/cpu/cpu_backend.h"

#include <omp.h>

#include <cstring>

namespace ltw::cpu {
namespace {

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads) : threads_(threads > 0 ? threads : omp_get_max_threads()) {}

  DeviceKind device() const override { return DeviceKind::kCpu; }
  std::string description() const override { return text("CPU, ", threads_, " threads, float32 (oneDNN)"); }
  DType activation_type() const override { return DType::kF32; }
  // oneDNN picks its blocking by the shape, so the shape must not follow from the batch.
  int frames_per_evaluation() const override { return 1; }
  // OpenMP keeps its thread count per calling thread.
  void make_current() override { omp_set_num_threads(threads_); }
  void upload(void* device, const void* host, int64_t bytes) override { std::memcpy(device, host, bytes); }
  void download(void* host, const void* device, int64_t bytes) override { std::memcpy(host, device, bytes); }
  void synchronize() override {}

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Backend> create_backend(int threads) { return std::make_unique<CpuBackend>(threads); }

}  // namespace ltw::cpu
