#include "layers/weight_scope.h"

#include <cmath>

namespace ltw {
namespace {

float element(const Tensor& tensor, int64_t i) {
  switch (tensor.dtype) {
    case DType::kF16:
      return f16_to_float(tensor.as<uint16_t>()[i]);
    case DType::kBF16:
      return bf16_to_float(tensor.as<uint16_t>()[i]);
    default:
      return tensor.as<float>()[i];
  }
}

}  // namespace

void WeightSource::add(const std::string& name, const Tensor& tensor) {
  require(tensor.dtype == DType::kF32 || tensor.dtype == DType::kF16 || tensor.dtype == DType::kBF16,
          "tensor '", name, "': ", name_of(tensor.dtype),
          " weights are not supported: use float32, float16 or bfloat16");
  require(tensors_.emplace(name, tensor).second, "tensor '", name, "' is there twice");
}

std::vector<float> WeightSource::read(const std::string& name, const Shape& shape) const {
  const auto found = tensors_.find(name);
  require(found != tensors_.end(), "the model has no tensor '", name, "'");
  const Tensor& tensor = found->second;
  require(tensor.shape == shape, "tensor '", name, "' has shape ", tensor.shape, " where ", shape,
          " is expected");
  std::vector<float> values(static_cast<size_t>(shape.size()));
  bool finite = true;
#pragma omp parallel for reduction(&& : finite)
  for (int64_t i = 0; i < shape.size(); ++i) {
    values[i] = element(tensor, i);
    finite = finite && std::isfinite(values[i]);
  }
  if (!finite)
    fail(Status::kNotFinite, "tensor '", name, "' holds NaN or infinity: the model file is damaged");
  return values;
}

}  // namespace ltw
