// One NVIDIA GPU: its memory, a stream that everything is queued on, and what tile choice needs to know.
#pragma once

#include <memory>
#include <string>

#include "backend/context.h"
#include "backend/cuda/handles.h"

namespace ltw::cuda {

struct DeviceLimits {
  int multiprocessors = 0;
  int shared_bytes_per_block = 0;  // what one block may ask for
  int capability = 0;              // 80, 86, 90...
};

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int ordinal);

  DeviceKind device() const override { return DeviceKind::kCuda; }
  std::string description() const override;
  DType activation_type() const override { return DType::kF16; }
  // Every kernel adds in an order that the batch has no part in; memory is the only limit.
  int frames_per_evaluation() const override { return 1024; }
  void make_current() override;
  void upload(void* device, const void* host, int64_t bytes) override;
  void download(void* host, const void* device, int64_t bytes) override;
  void synchronize() override;
  bool asynchronous() const override { return true; }
  std::unique_ptr<Graph> capture(const std::function<void()>& work) override;
  std::unique_ptr<Event> event() override;
  void wait_for(const Event& event) override;
  std::shared_ptr<char[]> host_memory(int64_t bytes) override;
  void download_later(void* host, const void* device, int64_t bytes) override;
  int64_t free_bytes() const override;

  cudaStream_t stream() const { return stream_.get(); }
  const DeviceLimits& limits() const { return limits_; }

 protected:
  std::unique_ptr<Backend> twin(std::shared_ptr<MemoryCounter> memory, bool rehearses) const override;

 private:
  CudaBackend(const CudaBackend& device, std::shared_ptr<MemoryCounter> memory, bool rehearses);

  int ordinal_;
  DeviceLimits limits_;
  Stream stream_;
};

// Memory of the calling thread's device; throws Error(kOutOfMemory) naming what was asked for and what is
// free.
void* allocate(int64_t bytes);
void release(void* data) noexcept;

inline const CudaBackend& backend(const Context& ctx) {
  return static_cast<const CudaBackend&>(ctx.backend());
}

}  // namespace ltw::cuda
