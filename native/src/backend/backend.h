// What a device is to the rest of the core.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backend/memory.h"
#include "base/tensor.h"

namespace ltw {

// Work that was queued once and is queued again as a whole by launch().
class Graph {
 public:
  virtual ~Graph() = default;
  virtual void launch() = 0;
};

// A point in a queue's work, and when it was reached.
class Event {
 public:
  virtual ~Event() = default;
  virtual void record() = 0;  // after all that its backend has queued so far
  // Until the last record() is reached; at once when there was none.
  virtual void wait() const = 0;
  virtual double seconds_since(const Event& earlier) const = 0;  // both reached
};

// A device and one queue on it: work is done in the order in which it was queued.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual DeviceKind device() const = 0;
  virtual std::string description() const = 0;
  // Storage type of weights, and of activations but in a wide context; latents and sampler arithmetic are
  // float32 everywhere.
  virtual DType activation_type() const = 0;
  // How many frames one network evaluation takes at most. A backend whose kernels choose their order of
  // additions by the batch size takes one, so that a frame's bits never depend on its neighbours.
  virtual int frames_per_evaluation() const = 0;
  // Called at every entry from outside: makes the device (CUDA) or the thread count (CPU) the calling
  // thread's.
  virtual void make_current() = 0;
  virtual void upload(void* device, const void* host, int64_t bytes) = 0;
  virtual void download(void* host, const void* device, int64_t bytes) = 0;  // waits for queued work first
  virtual void synchronize() = 0;
  // Whether what is queued is done while the host goes on.
  virtual bool asynchronous() const = 0;
  // What `work` queues, caught instead of run. Null, and `work` not called, on a device without graphs.
  virtual std::unique_ptr<Graph> capture(const std::function<void()>& work) {
    static_cast<void>(work);
    return nullptr;
  }

  // The same device with a queue of its own. Neither waits for the other but where wait_for() says so; memory
  // is of both and counted together.
  std::unique_ptr<Backend> queue() const { return twin(memory_, rehearses_); }
  virtual std::unique_ptr<Event> event() = 0;
  // What is queued from now on starts after the last record() of an event of another queue.
  virtual void wait_for(const Event& event) = 0;
  // Host memory that the device copies to while the host goes on; null in a rehearsal.
  virtual std::shared_ptr<char[]> host_memory(int64_t bytes) = 0;
  // Queues a copy to host_memory().
  virtual void download_later(void* host, const void* device, int64_t bytes) = 0;

  // The same device to find out what something takes: allocations are only counted, here alone, and work is
  // only measured.
  std::unique_ptr<Backend> rehearsal() const { return twin(std::make_shared<MemoryCounter>(), true); }
  bool rehearses() const { return rehearses_; }
  // Of the device's memory, now.
  virtual int64_t free_bytes() const = 0;

  Buffer allocate(int64_t bytes) {
    return rehearses_ ? Buffer(bytes, *memory_) : Buffer(device(), bytes, *memory_);
  }
  const MemoryCounter& memory() const { return *memory_; }

 protected:
  Backend() : Backend(std::make_shared<MemoryCounter>(), false) {}
  Backend(std::shared_ptr<MemoryCounter> memory, bool rehearses)
      : memory_(std::move(memory)), rehearses_(rehearses) {}
  virtual std::unique_ptr<Backend> twin(std::shared_ptr<MemoryCounter> memory, bool rehearses) const = 0;

 private:
  const std::shared_ptr<MemoryCounter> memory_;
  const bool rehearses_;
};

// device: "cpu", "cuda" or "cuda:N". Throws Error(kDeviceError) for one that this build or machine does not
// have.
std::unique_ptr<Backend> create_backend(const std::string& device, int threads);

// A tensor that owns its memory: inputs, outputs and tables that outlive a forward pass.
class OwnedTensor {
 public:
  OwnedTensor() = default;
  OwnedTensor(Backend& backend, const Shape& shape, DType dtype)
      : buffer_(backend.allocate(shape.size() * size_of(dtype))), tensor_(buffer_.data(), dtype, shape) {}

  operator const Tensor&() const { return tensor_; }
  const Tensor& tensor() const { return tensor_; }
  const Shape& shape() const { return tensor_.shape; }

 private:
  Buffer buffer_;
  Tensor tensor_;
};

}  // namespace ltw
