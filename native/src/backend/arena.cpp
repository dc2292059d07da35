#include "backend/arena.h"

#include <algorithm>

namespace ltw {

ArenaTensor::~ArenaTensor() {
  if (arena_ != nullptr) arena_->release(offset_);
}

ArenaTensor Arena::tensor(const Shape& shape, DType dtype, float scale) {
  constexpr int64_t kAlignment = 256;
  const int64_t bytes = std::max<int64_t>(
      kAlignment, (shape.size() * size_of(dtype) + kAlignment - 1) / kAlignment * kAlignment);
  int64_t offset = 0;
  for (const auto& [begin, length] : taken_) {
    if (offset + bytes <= begin) break;
    offset = begin + length;
  }
  peak_ = std::max(peak_, offset + bytes);
  ensure(memory_ == nullptr || peak_ <= capacity_,
         "the arena is too small: the measuring run took another way");
  taken_.emplace(offset, bytes);
  // A measuring arena has no memory: its tensors have no address.
  Tensor tensor(memory_ == nullptr ? nullptr : memory_ + offset, dtype, shape);
  tensor.scale = scale;
  return ArenaTensor(this, offset, tensor);
}

void Arena::release(int64_t offset) { taken_.erase(offset); }

}  // namespace ltw
