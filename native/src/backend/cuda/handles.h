// CUDA's handles, owned. Destroying never throws: at the end of a process the driver may be gone already.
#pragma once

#include <utility>

#include "backend/cuda/error.h"

namespace ltw::cuda {

template <typename Handle, cudaError_t (*destroy)(Handle)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_ != nullptr) destroy(handle_);
  }
  Handle get() const { return handle_; }

 private:
  Handle handle_ = nullptr;
};

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using OwnedEvent = Owned<cudaEvent_t, cudaEventDestroy>;
using CapturedGraph = Owned<cudaGraph_t, cudaGraphDestroy>;
using ExecutableGraph = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;

inline Stream make_stream() {
  cudaStream_t stream;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return Stream(stream);
}

// A thread that waits for it sleeps: frames are written by the same cores.
inline OwnedEvent make_event() {
  cudaEvent_t event;
  check(cudaEventCreateWithFlags(&event, cudaEventBlockingSync), "cudaEventCreate");
  return OwnedEvent(event);
}

}  // namespace ltw::cuda
