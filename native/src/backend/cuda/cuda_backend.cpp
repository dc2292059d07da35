#include "backend/cuda/cuda_backend.h"

#include <algorithm>
#include <cstdlib>

namespace ltw::cuda {
namespace {

constexpr int kOldestCapability = 80;  // mma.m16n8k16 and cp.async

// 13000 -> "13.0"
std::string version(int number) { return text(number / 1000, ".", number % 1000 / 10); }

void require_device(int ordinal) {
  int driver = 0, count = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    fail(Status::kDeviceError, "cuda:", ordinal, ": no NVIDIA driver on this machine; use --device cpu");
  }
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    fail(Status::kDeviceError, "cuda:", ordinal, ": the NVIDIA driver supports CUDA ", version(driver),
         ", this build needs ", version(CUDART_VERSION), ": update the driver");
  }
  if (status == cudaErrorNoDevice)
    count = 0;
  else
    check(status, "cudaGetDeviceCount");
  if (ordinal >= count) {
    fail(Status::kDeviceError, "cuda:", ordinal, ": this machine has ", count,
         count == 1 ? " GPU, cuda:0" : " GPUs, numbered from 0");
  }
}

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
  require_device(ordinal);
  limits_.capability = 10 * attribute(cudaDevAttrComputeCapabilityMajor, ordinal) +
                       attribute(cudaDevAttrComputeCapabilityMinor, ordinal);
  limits_.multiprocessors = attribute(cudaDevAttrMultiProcessorCount, ordinal);
  limits_.shared_bytes_per_block = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal);
  if (limits_.capability < kOldestCapability) {
    fail(Status::kDeviceError, description(), ": compute capability 8.0 (Ampere) or newer is needed");
  }
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
