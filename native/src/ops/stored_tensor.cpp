#include "ops/stored_tensor.h"

#include <cmath>
#include <cstring>

namespace ltw {
namespace {

// A file may have it at any address.
template <typename T>
T loaded(const Tensor& tensor, int64_t i) {
  T value;
  std::memcpy(&value, tensor.as<char>() + i * static_cast<int64_t>(sizeof value), sizeof value);
  return value;
}

float element(const Tensor& tensor, int64_t i) {
  switch (tensor.dtype) {
    case DType::kF16:
      return f16_to_float(loaded<uint16_t>(tensor, i));
    case DType::kBF16:
      return bf16_to_float(loaded<uint16_t>(tensor, i));
    default:
      return loaded<float>(tensor, i);
  }
}

}  // namespace

std::vector<float> to_floats(const StoredTensor& stored) {
  const Tensor& tensor = stored.tensor;
  const int64_t rows = tensor.rows(), channels = tensor.channels();
  std::vector<float> values(static_cast<size_t>(rows * channels));
  bool finite = true;
#pragma omp parallel for collapse(2) reduction(&& : finite)
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t channel = 0; channel < channels; ++channel) {
      const float value = element(tensor, row * tensor.row_stride + channel);
      values[row * channels + channel] = value;
      finite = finite && std::isfinite(value);
    }
  }
  if (!finite) fail_not_finite(stored.name);
  return values;
}

std::vector<float> to_floats(const std::vector<StoredTensor>& parts) {
  std::vector<float> all;
  for (const StoredTensor& part : parts) {
    const std::vector<float> values = to_floats(part);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

StoredTensor sum(const StoredTensor& a, const StoredTensor& b) {
  ensure(a.tensor.shape == b.tensor.shape, a.name, " and ", b.name, " differ in shape");
  const auto values = std::make_shared<std::vector<float>>(to_floats(a));
  const std::vector<float> more = to_floats(b);
  for (size_t i = 0; i < more.size(); ++i) (*values)[i] += more[i];
  return {a.name + " + " + b.name, Tensor(values->data(), DType::kF32, a.tensor.shape), values};
}

StoredTensor affine(const StoredTensor& matrix, const StoredTensor& x, const StoredTensor& b) {
  const size_t in = static_cast<size_t>(matrix.tensor.channels());
  const std::vector<float> weights = to_floats(matrix), from = to_floats(x);
  ensure(from.size() == in && b.tensor.shape.size() == matrix.tensor.rows(), matrix.name,
         " of other sizes than ", x.name, " and ", b.name);
  const auto values = std::make_shared<std::vector<float>>(to_floats(b));
#pragma omp parallel for
  for (size_t row = 0; row < values->size(); ++row) {
    double sum = (*values)[row];
    for (size_t i = 0; i < in; ++i) sum += static_cast<double>(weights[row * in + i]) * from[i];
    (*values)[row] = static_cast<float>(sum);
  }
  return {b.name, Tensor(values->data(), DType::kF32, b.tensor.shape), values};
}

void fail_not_finite(const std::string& name) {
  fail(Status::kNotFinite, "tensor '", name, "' holds NaN or infinity: the model file is damaged");
}

}  // namespace ltw
