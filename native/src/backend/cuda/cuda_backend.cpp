#include "backend/cuda/cuda_backend.h"

#include <algorithm>
#include <cstdlib>

#include "backend/devices.h"

namespace ltw::cuda {
namespace {

class ReplayedGraph final : public Graph {
 public:
  ReplayedGraph(ExecutableGraph executable, cudaStream_t stream)
      : executable_(std::move(executable)), stream_(stream) {}
  void launch() override { check(cudaGraphLaunch(executable_.get(), stream_), "cudaGraphLaunch"); }

 private:
  ExecutableGraph executable_;
  cudaStream_t stream_;
};

class CudaEvent final : public Event {
 public:
  explicit CudaEvent(cudaStream_t stream) : stream_(stream), event_(make_event()) {}

  cudaEvent_t get() const { return event_.get(); }
  void record() override { check(cudaEventRecord(event_.get(), stream_), "cudaEventRecord"); }
  void wait() const override { check(cudaEventSynchronize(event_.get()), "queued work"); }
  double seconds_since(const Event& earlier) const override {
    float milliseconds = 0;
    const cudaEvent_t since = static_cast<const CudaEvent&>(earlier).get();
    check(cudaEventElapsedTime(&milliseconds, since, event_.get()), "cudaEventElapsedTime");
    return milliseconds / 1e3;
  }

 private:
  cudaStream_t stream_;
  OwnedEvent event_;
};

int attribute(cudaDeviceAttr name, int ordinal) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, name, ordinal), "cudaDeviceGetAttribute");
  return value;
}

int at_most(const char* variable, int value) {
  const char* as_if = std::getenv(variable);
  return as_if == nullptr ? value : std::min(value, std::atoi(as_if));
}

CudaDeviceInfo usable_device(int ordinal) {
  CudaDeviceInfo info;
  try {
    info = cuda_device_info(ordinal);
  } catch (const Error& error) {
    fail(error.status(), "cuda:", ordinal, ": ", error.what());
  }
  if (!info.problem.empty())
    fail(Status::kDeviceError, "cuda:", ordinal, ", ", info.name, ": ", info.problem);
  return info;
}

}  // namespace

CudaBackend::CudaBackend(int ordinal) : ordinal_(ordinal) {
  const CudaDeviceInfo info = usable_device(ordinal);
  limits_.capability = info.capability;
  limits_.multiprocessors = info.multiprocessors;
  limits_.shared_bytes_per_block = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal);
  // Tests run the kernels of older devices on a newer one, and those for much work on little.
  limits_.capability = at_most("LTW_CUDA_CAPABILITY", limits_.capability);
  limits_.multiprocessors = at_most("LTW_CUDA_MULTIPROCESSORS", limits_.multiprocessors);
  make_current();
  stream_ = make_stream();
}

CudaBackend::CudaBackend(const CudaBackend& device, std::shared_ptr<MemoryCounter> memory, bool rehearses)
    : Backend(std::move(memory), rehearses), ordinal_(device.ordinal_), limits_(device.limits_) {
  stream_ = make_stream();
}

std::unique_ptr<Backend> CudaBackend::twin(std::shared_ptr<MemoryCounter> memory, bool rehearses) const {
  return std::unique_ptr<Backend>(new CudaBackend(*this, std::move(memory), rehearses));
}

std::string CudaBackend::description() const {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, ordinal_), "cudaGetDeviceProperties");
  return text("cuda:", ordinal_, ", ", properties.name, ", ", properties.totalGlobalMem >> 20,
              " MiB, compute capability ", limits_.capability / 10, ".", limits_.capability % 10,
              ", float16");
}

void CudaBackend::make_current() { check(cudaSetDevice(ordinal_), "cudaSetDevice"); }

void CudaBackend::upload(void* device, const void* host, int64_t bytes) {
  if (rehearses()) return;
  check(cudaMemcpyAsync(device, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, stream()),
        "upload");
  synchronize();  // the caller may reuse `host` at once
}

void CudaBackend::download(void* host, const void* device, int64_t bytes) {
  download_later(host, device, bytes);
  synchronize();
}

void CudaBackend::download_later(void* host, const void* device, int64_t bytes) {
  if (rehearses()) return;
  check(cudaMemcpyAsync(host, device, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, stream()),
        "download");
}

std::shared_ptr<char[]> CudaBackend::host_memory(int64_t bytes) {
  if (rehearses()) return nullptr;
  void* data = nullptr;
  check(cudaMallocHost(&data, static_cast<size_t>(bytes)), "cudaMallocHost");
  return std::shared_ptr<char[]>(static_cast<char*>(data), [](char* pinned) { cudaFreeHost(pinned); });
}

std::unique_ptr<Event> CudaBackend::event() { return std::make_unique<CudaEvent>(stream()); }

void CudaBackend::wait_for(const Event& event) {
  check(cudaStreamWaitEvent(stream(), static_cast<const CudaEvent&>(event).get(), 0), "cudaStreamWaitEvent");
}

int64_t CudaBackend::free_bytes() const {
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return static_cast<int64_t>(free);
}

void CudaBackend::synchronize() { check(cudaStreamSynchronize(stream()), "queued work"); }

std::unique_ptr<Graph> CudaBackend::capture(const std::function<void()>& work) {
  // Relaxed: a kernel's first launch may raise its shared memory limit, which is no stream operation.
  check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
  cudaGraph_t captured = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream(), &captured);
    cudaGetLastError();  // a failed capture's must not be met again by check_launch()
    CapturedGraph dropped(captured);
    throw;
  }
  check(cudaStreamEndCapture(stream(), &captured), "cudaStreamEndCapture");
  const CapturedGraph graph(captured);
  cudaGraphExec_t executable = nullptr;
  check(cudaGraphInstantiate(&executable, graph.get(), 0), "cudaGraphInstantiate");
  return std::make_unique<ReplayedGraph>(ExecutableGraph(executable), stream());
}

void* allocate(int64_t bytes) {
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, static_cast<size_t>(bytes));
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // not sticky: take it back
    int device = -1;
    size_t free = 0, total = 0;
    check(cudaGetDevice(&device), "cudaGetDevice");
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    fail(Status::kOutOfMemory, "cuda:", device, " is out of memory: ", bytes >> 20, " MiB asked for, ",
         free >> 20, " of ", total >> 20, " MiB free");
  }
  check(status, "cudaMalloc");
  return data;
}

void release(void* data) noexcept { cudaFree(data); }

}  // namespace ltw::cuda
