// Shapes and non-owning views. Activations are NHWC: channels are the last dimension and contiguous.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>

#include "base/dtype.h"
#include "base/error.h"

namespace ltw {

class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) {
    for (int64_t dim : dims) append(dim);
  }

  void append(int64_t dim) {
    ensure(rank_ < kMaxRank, "rank above 4");
    dims_[rank_++] = dim;
  }

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return dims_[i]; }
  int64_t channels() const { return rank_ == 0 ? 1 : dims_[rank_ - 1]; }
  // Product of all dimensions but the last.
  int64_t rows() const { return product(rank_ - 1); }
  // Throws Error(kOutOfMemory) for more elements than any memory holds.
  int64_t size() const { return product(rank_); }

  Shape with(int i, int64_t dim) const {
    Shape copy = *this;
    copy.dims_[i] = dim;
    return copy;
  }

  bool operator==(const Shape& other) const { return rank_ == other.rank_ && dims_ == other.dims_; }
  bool operator!=(const Shape& other) const { return !(*this == other); }

 private:
  int64_t product(int rank) const {
    constexpr int64_t kMost = int64_t{1} << 56;  // sums of such tensors' bytes are far from 2^63
    int64_t product = 1;
    for (int i = 0; i < rank; ++i) {
      if (__builtin_mul_overflow(product, dims_[i], &product) || product > kMost) fail_too_large();
    }
    return product;
  }
  [[noreturn]] void fail_too_large() const;

  int rank_ = 0;
  std::array<int64_t, kMaxRank> dims_{};
};

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int i = 0; i < shape.rank(); ++i) out << (i ? "x" : "") << shape[i];
  return out << ']';
}

inline void Shape::fail_too_large() const {
  fail(Status::kOutOfMemory, "out of memory: a tensor of ", *this);
}

// A view of device memory as `rows` rows of `channels` contiguous elements, `row_stride` elements apart. A
// row stride above `channels` is a slice of a wider tensor: one head's part of a fused projection, say.
struct Tensor {
  void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;
  int64_t row_stride = 0;
  float scale = 1;  // of e4m3: an element's value is what is stored times this

  Tensor() = default;
  Tensor(void* memory, DType type, const Shape& dims)
      : data(memory), dtype(type), shape(dims), row_stride(dims.channels()) {}

  int64_t rows() const { return shape.rows(); }
  int64_t channels() const { return shape.channels(); }
  int64_t bytes() const { return shape.size() * size_of(dtype); }
  bool dense() const { return row_stride == channels(); }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
  float* f32() const { return as<float>(); }

  // The same elements of a dense tensor seen in another shape.
  Tensor reshaped(const Shape& other) const {
    ensure(dense() && other.size() == shape.size(), "cannot see ", shape, " as ", other);
    Tensor view(data, dtype, other);
    view.scale = scale;
    return view;
  }

  // Channels [begin, begin + count) of every row.
  Tensor channel_slice(int64_t begin, int64_t count) const {
    ensure(begin >= 0 && begin + count <= channels(), "channel slice out of range");
    Tensor view = *this;
    view.data = static_cast<char*>(data) + begin * size_of(dtype);
    view.shape = shape.with(shape.rank() - 1, count);
    return view;
  }

  // Entries [begin, begin + count) of the first dimension.
  Tensor batch_slice(int64_t begin, int64_t count) const {
    ensure(shape.rank() >= 2 && begin >= 0 && begin + count <= shape[0], "batch slice out of range");
    Tensor view = *this;
    view.data = static_cast<char*>(data) + begin * (rows() / shape[0]) * row_stride * size_of(dtype);
    view.shape = shape.with(0, count);
    return view;
  }
};

}  // namespace ltw
