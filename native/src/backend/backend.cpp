#include "backend/backend.h"

#include <charconv>

#include "backend/cpu/cpu_backend.h"
#ifdef LTW_CUDA
#include "backend/cuda/cuda_backend.h"
#endif

namespace ltw {
#ifdef LTW_CUDA
namespace {

// "cuda" -> 0, "cuda:2" -> 2; -1 for anything else.
int cuda_ordinal(const std::string& device) {
  if (device == "cuda") return 0;
  if (device.rfind("cuda:", 0) != 0) return -1;
  int ordinal = -1;
  const char *begin = device.data() + 5, *end = device.data() + device.size();
  const auto [parsed, error] = std::from_chars(begin, end, ordinal);
  return error == std::errc() && parsed == end && ordinal >= 0 ? ordinal : -1;
}

}  // namespace
#endif

std::unique_ptr<Backend> create_backend(const std::string& device, int threads) {
  require(threads >= 0, "threads: ", threads, " must be 0 (one a core) or more");
  if (device == "cpu") return cpu::create_backend(threads);
#ifdef LTW_CUDA
  const int ordinal = cuda_ordinal(device);
  if (ordinal >= 0) return std::make_unique<cuda::CudaBackend>(ordinal);
  const char* choices = "cpu, cuda or cuda:N";
#else
  const char* choices = "cpu";
#endif
  fail(Status::kDeviceError, "device: '", device, "' is none of this build's; it must be ", choices);
}

}  // namespace ltw
