// Places activations in one block of memory. A forward pass is run twice with the same code: over an arena
// without memory, which finds how much is needed, then over one that has it; first-fit is deterministic, so
// both runs get the same offsets.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/tensor.h"

namespace ltw {

class Arena;

// A tensor in an arena; its place is free again when this is destroyed or assigned over. Work is in order, so
// a place may be handed on while earlier work that reads it is still queued.
class ArenaTensor {
 public:
  ArenaTensor() = default;
  ArenaTensor(ArenaTensor&& other) noexcept { *this = std::move(other); }
  ArenaTensor& operator=(ArenaTensor&& other) noexcept {
    std::swap(tensor_, other.tensor_);
    std::swap(arena_, other.arena_);
    std::swap(offset_, other.offset_);
    return *this;
  }
  ArenaTensor(const ArenaTensor&) = delete;
  ArenaTensor& operator=(const ArenaTensor&) = delete;
  ~ArenaTensor();

  operator const Tensor&() const { return tensor_; }
  const Tensor& tensor() const { return tensor_; }
  const Shape& shape() const { return tensor_.shape; }

 private:
  friend class Arena;
  ArenaTensor(Arena* arena, int64_t offset, const Tensor& tensor)
      : tensor_(tensor), arena_(arena), offset_(offset) {}

  Tensor tensor_;
  Arena* arena_ = nullptr;
  int64_t offset_ = 0;
};

class Arena {
 public:
  // Without memory: only measures.
  Arena() = default;
  Arena(void* memory, int64_t bytes) : memory_(static_cast<char*>(memory)), capacity_(bytes) {}

  ArenaTensor tensor(const Shape& shape, DType dtype, float scale = 1);
  // The most bytes that were taken at once.
  int64_t peak() const { return peak_; }

 private:
  friend class ArenaTensor;
  void release(int64_t offset);

  char* memory_ = nullptr;
  int64_t capacity_ = 0;
  int64_t peak_ = 0;
  std::map<int64_t, int64_t> taken_;  // offset -> bytes
};

}  // namespace ltw
