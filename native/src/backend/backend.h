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
  // What `work` queues, caught instead of run. Null, and `work` not called, on a device without graphs.
  virtual std::unique_ptr<Graph> capture(const std::function<void()>& work) {
    static_cast<void>(work);
    return nullptr;
  }

  Buffer allocate(int64_t bytes) { return Buffer(device(), bytes, memory_); }
  const MemoryCounter& memory() const { return memory_; }

 private:
  MemoryCounter memory_;
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
