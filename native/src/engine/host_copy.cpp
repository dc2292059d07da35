#include "engine/host_copy.h"

#include <vector>

#include "ops/elementwise.h"

namespace ltw {

void copy_from_host(const Tensor& dst, const float* src, Backend& backend) {
  if (dst.dtype == DType::kF32) {
    backend.upload(dst.data, src, dst.bytes());
    return;
  }
  const OwnedTensor wide(backend, dst.shape, DType::kF32);
  backend.upload(wide.tensor().data, src, wide.tensor().bytes());
  Arena none;
  Context ctx = Context::immediate(backend, none);
  convert(dst, wide, 1.0, ctx);
  backend.synchronize();
}

void copy_to_host(float* dst, const Tensor& src, Backend& backend) {
  if (src.dtype == DType::kF32) {
    backend.download(dst, src.data, src.bytes());
    return;
  }
  const OwnedTensor wide(backend, src.shape, DType::kF32);
  Arena none;
  Context ctx = Context::immediate(backend, none);
  convert(wide, src, 1.0, ctx);
  backend.download(dst, wide.tensor().data, wide.tensor().bytes());
}

void copy_from_nchw(const Tensor& dst, const float* src, Backend& backend) {
  const int64_t n = dst.shape[0], pixels = dst.shape[1] * dst.shape[2], c = dst.shape[3];
  std::vector<float> nhwc(static_cast<size_t>(dst.shape.size()));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < c; ++k)
      for (int64_t p = 0; p < pixels; ++p) nhwc[(i * pixels + p) * c + k] = src[(i * c + k) * pixels + p];
  copy_from_host(dst, nhwc.data(), backend);
}

void copy_to_nchw(float* dst, const Tensor& src, int64_t first, int64_t count, Backend& backend) {
  const int64_t n = src.shape[0], pixels = src.shape[1] * src.shape[2], c = src.shape[3];
  std::vector<float> nhwc(static_cast<size_t>(src.shape.size()));
  copy_to_host(nhwc.data(), src, backend);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < count; ++k)
      for (int64_t p = 0; p < pixels; ++p)
        dst[(i * count + k) * pixels + p] = nhwc[(i * pixels + p) * c + first + k];
}

}  // namespace ltw
