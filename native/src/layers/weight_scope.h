// The checkpoint's tensors by name, as layers ask for them while a model is built.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "backend/backend.h"

namespace ltw {

// Tensors in host memory, owned by the caller.
class WeightSource {
 public:
  void add(const std::string& name, const Tensor& tensor);
  // Converted to float32. Throws Error(kInvalidArgument) naming a missing or mis-shaped tensor and
  // Error(kNotFinite) naming one that holds NaN or infinity.
  std::vector<float> read(const std::string& name, const Shape& shape) const;
  bool has(const std::string& name) const { return tensors_.contains(name); }

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
    return source_.read(prefix_ + "." + name, shape);
  }
  bool has(const std::string& name) const { return source_.has(prefix_ + "." + name); }

 private:
  const WeightSource& source_;
  Backend& backend_;
  std::string prefix_;
};

}  // namespace ltw
