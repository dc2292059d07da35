#include "ops/weights.h"

namespace ltw {
namespace {

StoredTensor stored(const char* name, const std::vector<float>& values, const Shape& shape) {
  ensure(static_cast<int64_t>(values.size()) == shape.size(), name, " of ", values.size(), " elements for ",
         shape);
  return {name, Tensor(const_cast<float*>(values.data()), DType::kF32, shape)};
}

}  // namespace

std::unique_ptr<Packer> make_packer(Backend& backend) {
#ifdef LTW_CUDA
  if (backend.device() == DeviceKind::kCuda) return cuda::make_packer(backend);
#endif
  ensure(backend.device() == DeviceKind::kCpu, "weights have no layout for this device");
  return cpu::make_packer(backend);
}

PackedWeights pack_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend,
                          bool upsample) {
  const std::unique_ptr<Packer> packer = make_packer(backend);
  const StoredTensor filter = stored("weight", weight, Shape{out_channels, in_channels, kernel, kernel});
  PackedWeights weights;
  if (bias.empty()) {
    weights = packer->conv2d(filter, nullptr, upsample);
  } else {
    const StoredTensor offset = stored("bias", bias, Shape{out_channels});
    weights = packer->conv2d(filter, &offset, upsample);
  }
  packer->finish();
  return weights;
}

PackedWeights pack_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                          int64_t out_channels, int64_t in_channels, Backend& backend) {
  const std::unique_ptr<Packer> packer = make_packer(backend);
  std::vector<StoredTensor> offset;
  if (!bias.empty()) offset.push_back(stored("bias", bias, Shape{out_channels}));
  PackedWeights weights =
      packer->linear({stored("weight", weight, Shape{out_channels, in_channels})}, offset);
  packer->finish();
  return weights;
}

}  // namespace ltw
