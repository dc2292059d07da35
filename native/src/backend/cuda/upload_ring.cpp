#include "backend/cuda/upload_ring.h"

#include <algorithm>
#include <cstring>

namespace ltw::cuda {
namespace {

// One behind the other at `to`.
void gather(char* to, const char* from, int64_t rows, int64_t row_bytes, int64_t stride) {
  if (row_bytes == stride) {
    constexpr int64_t kPiece = 256 << 10;
    const int64_t bytes = rows * row_bytes;
#pragma omp parallel for if (bytes > kPiece)
    for (int64_t at = 0; at < bytes; at += kPiece) {
      std::memcpy(to + at, from + at, static_cast<size_t>(std::min(kPiece, bytes - at)));
    }
    return;
  }
#pragma omp parallel for
  for (int64_t row = 0; row < rows; ++row) {
    std::memcpy(to + row * row_bytes, from + row * stride, static_cast<size_t>(row_bytes));
  }
}

}  // namespace

UploadRing::UploadRing(CudaBackend& backend) : backend_(backend) {
  for (Slot& slot : slots_) {
    void* pinned = nullptr;
    check(cudaMallocHost(&pinned, kSlotBytes), "cudaMallocHost");
    slot.pinned = Owned<void*, cudaFreeHost>(pinned);
    slot.device = backend.allocate(kSlotBytes);
    slot.taken = make_event();
  }
}

UploadRing::~UploadRing() { cudaStreamSynchronize(backend_.stream()); }

void UploadRing::next_slot() {
  check(cudaEventRecord(slots_[current_].taken.get(), backend_.stream()), "cudaEventRecord");
  current_ = (current_ + 1) % slots_.size();
  // Returns at once for an event that was never recorded.
  check(cudaEventSynchronize(slots_[current_].taken.get()), "upload");
  used_ = 0;
}

const void* UploadRing::upload(const void* host, int64_t rows, int64_t row_bytes, int64_t stride) {
  const int64_t bytes = rows * row_bytes;
  ensure(bytes <= kSlotBytes, "an upload of ", bytes, " bytes");
  if (used_ + bytes > kSlotBytes) next_slot();
  const Slot& slot = slots_[current_];
  char* pinned = static_cast<char*>(slot.pinned.get()) + used_;
  char* device = static_cast<char*>(slot.device.data()) + used_;
  used_ += (bytes + 255) / 256 * 256;
  gather(pinned, static_cast<const char*>(host), rows, row_bytes, stride);
  check(
      cudaMemcpyAsync(device, pinned, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, backend_.stream()),
      "upload");
  return device;
}

}  // namespace ltw::cuda
