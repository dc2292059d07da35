#include "random.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "ops/elementwise.h"

namespace ltw::bench {
namespace {

std::vector<float> normal(int64_t count, float deviation) {
  std::mt19937 generator(2024);
  std::normal_distribution<float> distribution(0, deviation);
  // Drawing is slow, and 2^16 different values are as good for a timing.
  std::vector<float> few(1 << 16), values(static_cast<size_t>(count));
  for (float& value : few) value = distribution(generator);
#pragma omp parallel for
  for (size_t i = 0; i < values.size(); ++i) values[i] = few[i % few.size() ^ (i >> 16 & 0xff)];
  return values;
}

OwnedTensor random_f32(const Shape& shape, Backend& backend) {
  OwnedTensor tensor(backend, shape, DType::kF32);
  const std::vector<float> values = normal(shape.size(), 1);
  backend.upload(tensor.tensor().data, values.data(), tensor.tensor().bytes());
  return tensor;
}

}  // namespace

OwnedTensor random_tensor(const Shape& shape, Backend& backend) {
  constexpr int64_t kDrawn = 1 << 20;  // different values; the tensor repeats them
  const int64_t drawn = std::min(shape.size(), kDrawn), repeats = shape.size() / drawn;
  const OwnedTensor values = random_f32(Shape{1, drawn}, backend);
  const OwnedTensor first(backend, values.shape(), backend.activation_type());
  OwnedTensor tensor(backend, shape, backend.activation_type());
  Arena none;
  Context ctx = Context::immediate(backend, none);
  convert(first, values, 1, ctx);
  const DType dtype = tensor.tensor().dtype;
  char* data = tensor.tensor().as<char>();
  broadcast(Tensor(data, dtype, Shape{repeats, drawn}), first, ctx);
  if (const int64_t rest = shape.size() % drawn; rest > 0) {
    const Shape tail{1, rest};
    broadcast(Tensor(data + repeats * drawn * size_of(dtype), dtype, tail),
              Tensor(first.tensor().data, dtype, tail), ctx);
  }
  backend.synchronize();
  return tensor;
}

PackedWeights random_weights(int64_t out, int64_t in, int64_t kernel, Backend& backend, bool upsample) {
  const int64_t depth = in * kernel * kernel;
  const float deviation = 1 / std::sqrt(static_cast<float>(depth));
  const std::vector<float> weight = normal(out * depth, deviation), bias = normal(out, 1);
  if (kernel == 1) return pack_linear(weight, bias, out, in, backend);
  return pack_conv2d(weight, bias, out, in, kernel, backend, upsample);
}

NormWeights random_norm(int64_t channels, Backend& backend) {
  return {random_f32(Shape{channels}, backend), random_f32(Shape{channels}, backend)};
}

}  // namespace ltw::bench
