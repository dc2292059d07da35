#include "ops/weights.h"

namespace ltw {
namespace {

void check(const std::vector<float>& weight, const std::vector<float>& bias, int64_t out_channels,
           int64_t in_channels, int64_t kernel) {
  ensure(static_cast<int64_t>(weight.size()) == out_channels * in_channels * kernel * kernel, "weight of ",
         weight.size(), " elements for ", Shape{out_channels, in_channels, kernel, kernel});
  ensure(bias.empty() || static_cast<int64_t>(bias.size()) == out_channels, "bias of ", bias.size(),
         " elements for ", out_channels, " channels");
}

}  // namespace

PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend) {
  check(weight, bias, out_channels, in_channels, kernel);
#ifdef LTW_CUDA
  if (backend.device() == DeviceKind::kCuda)
    return cuda::pack_conv2d(weight, bias, out_channels, in_channels, kernel, backend);
#endif
  ensure(backend.device() == DeviceKind::kCpu, "pack_conv2d has no layout for this device");
  return cpu::pack_conv2d(weight, bias, out_channels, in_channels, kernel, backend);
}

PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend) {
  check(weight, bias, out_channels, in_channels, 1);
#ifdef LTW_CUDA
  if (backend.device() == DeviceKind::kCuda)
    return cuda::pack_linear(weight, bias, out_channels, in_channels, backend);
#endif
  ensure(backend.device() == DeviceKind::kCpu, "pack_linear has no layout for this device");
  return cpu::pack_linear(weight, bias, out_channels, in_channels, backend);
}

}  // namespace ltw
