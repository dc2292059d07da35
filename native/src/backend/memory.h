// Owned device memory and the count of how much of it is held.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace ltw {

enum class DeviceKind { kCpu, kCuda };

// Bytes held now and at most; one per engine. Buffers report to it.
class MemoryCounter {
 public:
  void add(int64_t bytes) {
    const int64_t now = held_ += bytes;
    int64_t peak = peak_;
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
  }
  int64_t held() const { return held_; }
  int64_t peak() const { return peak_; }

 private:
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> peak_{0};
};

// Move-only, aligned to 256 bytes. Memory is not cleared.
class Buffer {
 public:
  Buffer() = default;
  // Throws Error(kOutOfMemory) naming the bytes asked for.
  Buffer(DeviceKind device, int64_t bytes, MemoryCounter& counter);
  // Only counted: no memory behind it.
  Buffer(int64_t bytes, MemoryCounter& counter) : bytes_(bytes), counter_(&counter) { counter.add(bytes); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(device_, other.device_);
    std::swap(counter_, other.counter_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  int64_t bytes_ = 0;
  DeviceKind device_ = DeviceKind::kCpu;
  MemoryCounter* counter_ = nullptr;
};

}  // namespace ltw
