// Weights by name, as layers ask for them while a model is built.
#pragma once

#include <string>
#include <unordered_map>

#include "ops/weights.h"

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

// A prefix within a source, and what packs the weights.
class WeightScope {
 public:
  WeightScope(const WeightSource& source, Packer& packer, std::string prefix)
      : source_(source), packer_(packer), prefix_(std::move(prefix)) {}

  Packer& packer() const { return packer_; }
  const std::string& name() const { return prefix_; }
  template <typename... Parts>
  WeightScope at(const Parts&... parts) const {
    return WeightScope(source_, packer_, text(prefix_, ".", parts...));
  }
  StoredTensor find(const std::string& name, const Shape& shape) const {
    return source_.find(prefix_ + "." + name, shape);
  }

 private:
  const WeightSource& source_;
  Packer& packer_;
  std::string prefix_;
};

}  // namespace ltw
