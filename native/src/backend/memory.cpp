#include "backend/memory.h"

#include <new>

#include "base/error.h"
#ifdef LTW_CUDA
#include "backend/cuda/cuda_backend.h"
#endif

namespace ltw {
namespace {

constexpr std::align_val_t kAlignment{256};

void* allocate(DeviceKind device, int64_t bytes) {
#ifdef LTW_CUDA
  if (device == DeviceKind::kCuda) return cuda::allocate(bytes);
#endif
  ensure(device == DeviceKind::kCpu, "no CUDA backend in this build");
  return ::operator new(static_cast<size_t>(bytes), kAlignment, std::nothrow);
}

void release([[maybe_unused]] DeviceKind device, void* data) noexcept {
#ifdef LTW_CUDA
  if (device == DeviceKind::kCuda) return cuda::release(data);
#endif
  ::operator delete(data, kAlignment);
}

}  // namespace

Buffer::Buffer(DeviceKind device, int64_t bytes, MemoryCounter& counter) : device_(device) {
  if (bytes == 0) return;
  data_ = allocate(device, bytes);
  if (data_ == nullptr) fail(Status::kOutOfMemory, "out of memory: ", bytes >> 20, " MiB asked for");
  bytes_ = bytes;
  counter_ = &counter;
  counter_->add(bytes_);
}

Buffer::~Buffer() {
  if (data_ != nullptr) release(device_, data_);
  if (counter_ != nullptr) counter_->add(-bytes_);
}

}  // namespace ltw
