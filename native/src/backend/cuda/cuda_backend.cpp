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

int attribute(cudaDeviceAttr name, int ordinal) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, name, ordinal), "cudaDeviceGetAttribute");
  return value;
}

}  // namespace

CudaBackend::CudaBackend(int ordinal) : ordinal_(ordinal) {
  const CudaDeviceInfo info = cuda_device_info(ordinal);
  if (!info.problem.empty())
    fail(Status::kDeviceError, "cuda:", ordinal, ", ", info.name, ": ", info.problem);
  limits_.capability = info.capability;
  limits_.multiprocessors = info.multiprocessors;
  limits_.shared_bytes_per_block = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal);
  // Tests run the kernels of older devices on a newer one.
  if (const char* as_if = std::getenv("LTW_CUDA_CAPABILITY")) {
    limits_.capability = std::min(limits_.capability, std::atoi(as_if));
  }
  make_current();
  stream_ = make_stream();
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
  check(cudaMemcpyAsync(device, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, stream()),
        "upload");
  synchronize();  // the caller may reuse `host` at once
}

void CudaBackend::download(void* host, const void* device, int64_t bytes) {
  check(cudaMemcpyAsync(host, device, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, stream()),
        "download");
  synchronize();
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
    size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    fail(Status::kOutOfMemory, "out of GPU memory: ", bytes >> 20, " MiB asked for, ", free >> 20, " of ",
         total >> 20, " MiB free");
  }
  check(status, "cudaMalloc");
  return data;
}

void release(void* data) noexcept { cudaFree(data); }

}  // namespace ltw::cuda
