#include "layers/weight_scope.h"

namespace ltw {

void CheckpointSource::add(const std::string& name, const Tensor& tensor) {
  require(tensor.dtype == DType::kF32 || tensor.dtype == DType::kF16 || tensor.dtype == DType::kBF16,
          "tensor '", name, "': ", name_of(tensor.dtype),
          " weights are not supported: use float32, float16 or bfloat16");
  require(tensors_.emplace(name, tensor).second, "tensor '", name, "' is there twice");
}

StoredTensor CheckpointSource::find(const std::string& name, const Shape& shape) const {
  const auto found = tensors_.find(name);
  require(found != tensors_.end(), "the model has no tensor '", name, "'");
  const Tensor& tensor = found->second;
  require(tensor.shape == shape, "tensor '", name, "' has shape ", tensor.shape, " where ", shape,
          " is expected");
  return {name, tensor};
}

}  // namespace ltw
