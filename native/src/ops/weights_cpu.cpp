#include "backend/cpu/dnnl.h"
#include "ops/primitive_cpu.h"
#include "ops/weights.h"

namespace ltw::cpu {
namespace {

using dnnl::memory;

PackedWeights packed(const std::vector<float>& weight, const std::vector<float>& bias,
                     const memory::desc& plain, const memory::desc& layout, Backend& backend) {
  PackedWeights weights;
  weights.weight = backend.allocate(static_cast<int64_t>(layout.get_size()));
  weights.layout = std::make_shared<CpuLayout>(CpuLayout{layout, {}});
  memory from = memory_at(plain, const_cast<float*>(weight.data()));
  memory to = memory_at(layout, weights.weight.data());
  dnnl::reorder(from, to).execute(dnnl_stream(), from, to);
  if (!bias.empty()) {
    weights.has_bias = true;
    weights.bias = OwnedTensor(backend, Shape{static_cast<int64_t>(bias.size())}, DType::kF32);
    backend.upload(weights.bias.tensor().data, bias.data(), weights.bias.tensor().bytes());
  }
  return weights;
}

PackedWeights packed_conv2d(const std::vector<float>& weight, const std::vector<float>& bias,
                            int64_t out_channels, int64_t in_channels, int64_t kernel, Backend& backend) {
  constexpr auto f32 = memory::data_type::f32;
  // Any will do for SD 1.x's widths: oneDNN chose one layout for all of its sizes, 4x4 to 256x256. Other
  // widths can differ between sizes (96 outputs do): then conv2d takes a copy.
  constexpr int64_t kNominal = 32;
  const memory::desc plain({out_channels, in_channels, kernel, kernel}, f32, memory::format_tag::oihw);
  const memory::desc any(plain.get_dims(), f32, memory::format_tag::any);
  const memory::desc src({1, in_channels, kNominal, kNominal}, f32, memory::format_tag::nhwc);
  const memory::desc dst({1, out_channels, kNominal, kNominal}, f32, memory::format_tag::nhwc);
  const memory::desc bias_desc({out_channels}, f32, memory::format_tag::a);
  const memory::dims pad(2, kernel / 2), end(2, kernel - 1 - kernel / 2);
  const dnnl::convolution_forward::primitive_desc nominal(dnnl_engine(), dnnl::prop_kind::forward_inference,
                                                          dnnl::algorithm::convolution_direct, src, any,
                                                          bias_desc, dst, {1, 1}, pad, end);
  PackedWeights weights = packed(weight, bias, plain, nominal.weights_desc(), backend);
  weights.in_channels = in_channels;
  weights.out_channels = out_channels;
  weights.kernel = kernel;
  return weights;
}

PackedWeights packed_linear(const std::vector<float>& weight, const std::vector<float>& bias,
                            int64_t out_channels, int64_t in_channels, Backend& backend) {
  constexpr auto f32 = memory::data_type::f32;
  // Any but one row, for which oneDNN leaves the weights as they are and is no faster.
  constexpr int64_t kNominal = 1024;
  // [out, in] seen as the in x out matrix that src is multiplied by.
  const memory::desc plain({in_channels, out_channels}, f32, memory::format_tag::ba);
  const memory::desc any(plain.get_dims(), f32, memory::format_tag::any);
  const memory::desc src({kNominal, in_channels}, f32, memory::format_tag::ab);
  const memory::desc dst({kNominal, out_channels}, f32, memory::format_tag::ab);
  const dnnl::matmul::primitive_desc nominal(dnnl_engine(), src, any, dst);
  PackedWeights weights = packed(weight, bias, plain, nominal.weights_desc(), backend);
  weights.in_channels = in_channels;
  weights.out_channels = out_channels;
  return weights;
}

// a [rows, depth] * b [depth, columns]
std::vector<float> product(std::vector<float> a, std::vector<float> b, int64_t rows, int64_t depth,
                           int64_t columns) {
  const auto matrix = [](int64_t height, int64_t width) {
    return memory::desc({height, width}, memory::data_type::f32, memory::format_tag::ab);
  };
  std::vector<float> c(static_cast<size_t>(rows * columns));
  const dnnl::matmul::primitive_desc description(dnnl_engine(), matrix(rows, depth), matrix(depth, columns),
                                                 matrix(rows, columns));
  dnnl::matmul(description)
      .execute(dnnl_stream(), {{DNNL_ARG_SRC, memory_at(description.src_desc(), a.data())},
                               {DNNL_ARG_WEIGHTS, memory_at(description.weights_desc(), b.data())},
                               {DNNL_ARG_DST, memory_at(description.dst_desc(), c.data())}});
  return c;
}

class CpuPacker final : public Packer {
 public:
  explicit CpuPacker(Backend& backend) : backend_(backend) {}

  PackedWeights conv2d(const StoredTensor& weight, const StoredTensor* bias, bool) override {
    const Shape& shape = weight.tensor.shape;
    return packed_conv2d(to_floats(weight), bias == nullptr ? std::vector<float>() : to_floats(*bias),
                         shape[0], shape[1], shape[2], backend_);
  }
  PackedWeights linear(const std::vector<StoredTensor>& weight,
                       const std::vector<StoredTensor>& bias) override {
    const std::vector<float> values = to_floats(weight);
    const int64_t in = weight.front().tensor.channels();
    return packed_linear(values, to_floats(bias), static_cast<int64_t>(values.size()) / in, in, backend_);
  }
  PackedWeights linear_product(const StoredTensor& outer, const StoredTensor& inner,
                               const StoredTensor* bias) override {
    const int64_t out = outer.tensor.rows(), mid = outer.tensor.channels(), in = inner.tensor.channels();
    return packed_linear(product(to_floats(outer), to_floats(inner), out, mid, in),
                         bias == nullptr ? std::vector<float>() : to_floats(*bias), out, in, backend_);
  }
  OwnedTensor vector(const StoredTensor& stored) override {
    OwnedTensor tensor(backend_, stored.tensor.shape, DType::kF32);
    const std::vector<float> values = to_floats(stored);
    backend_.upload(tensor.tensor().data, values.data(), tensor.tensor().bytes());
    return tensor;
  }
  OwnedTensor table(const StoredTensor& stored) override { return vector(stored); }
  void finish() override {}

 private:
  Backend& backend_;
};

}  // namespace

memory weights_in(const PackedWeights& weights, const memory::desc& wanted, Backend& backend) {
  const CpuLayout& layout = layout_of(weights);
  memory packed_weights = memory_at(layout.packed, weights.weight.data());
  if (layout.packed == wanted) return packed_weights;
  for (const auto& [desc, buffer] : layout.others) {
    if (desc == wanted) return memory_at(desc, buffer.data());
  }
  auto& [desc, buffer] =
      layout.others.emplace_back(wanted, backend.allocate(static_cast<int64_t>(wanted.get_size())));
  memory copy = memory_at(desc, buffer.data());
  dnnl::reorder(packed_weights, copy).execute(dnnl_stream(), packed_weights, copy);
  return copy;
}

std::unique_ptr<Packer> make_packer(Backend& backend) { return std::make_unique<CpuPacker>(backend); }

}  // namespace ltw::cpu
