#pragma once

#include <array>
#include <vector>

#include "backend/cuda/cuda_backend.h"

namespace ltw::cuda {

// Host memory on its way to kernels that read it once. All cores copy into one pinned slot while the device
// takes the slot before: from pageable memory the driver copies with one thread.
class UploadRing {
 public:
  static constexpr int64_t kSlotBytes = 8 << 20;

  explicit UploadRing(CudaBackend& backend);
  ~UploadRing();  // waits: the device may still be reading

  // `rows` rows of `row_bytes` that begin `stride` bytes apart, at most kSlotBytes together. Returns where
  // they lie in device memory, one behind the other, for work that is queued before the next call.
  const void* upload(const void* host, int64_t rows, int64_t row_bytes, int64_t stride);

 private:
  struct Slot {
    Owned<void*, cudaFreeHost> pinned;
    Buffer device;
    Owned<cudaEvent_t, cudaEventDestroy> taken;  // after the work that was queued on the slot
  };

  void next_slot();

  CudaBackend& backend_;
  std::array<Slot, 4> slots_;
  size_t current_ = 0;
  int64_t used_ = 0;  // bytes of the current slot
};

}  // namespace ltw::cuda
