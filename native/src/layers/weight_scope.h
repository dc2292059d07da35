// Weights by name, as layers ask for them while a model is built.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "backend/backend.h"
#include "ops/stored_tensor.h"

namespace ltw {

class WeightSource {
 public:
  virtual ~WeightSource() = default;
  // Throws Error(kInvalidArgument) naming a missing or mis-shaped tensor.
  virtual StoredTensor find(const std::string& name, const Shape& shape) const = 0;
};

// A checkpoint's tensors, in host memory that the caller owns.
class CheckpointSource final : public WeightSource {
 public:
  void add(const std::string& name, const Tensor& tensor);
  StoredTensor find(const std::string& name, const Shape& shape) const override;

 private:
  std::unordered_map<std::string, Tensor> tensors_;
};

// A prefix within a source, and the backend that the weights are packed for.
class WeightScope {
 public:
  WeightScope(const WeightSource& source, Backend& backend, std::string prefix)
      : source_(source), backend_(backend), prefix_(std::move(prefix)) {}

  Backend& backend() const { return backend_; }
  template <typename... Parts>
  WeightScope at(const Parts&... parts) const {
    return WeightScope(source_, backend_, text(prefix_, ".", parts...));
  }
  std::vector<float> read(const std::string& name, const Shape& shape) const {
    return to_floats(source_.find(prefix_ + "." + name, shape));
  }

 private:
  const WeightSource& source_;
  Backend& backend_;
  std::string prefix_;
};

}  // namespace ltw
