// Weights become float16, [out][ky][kx][in] with the input channels padded with zeros to 16 bytes: the order
// in which the matrix product walks its depth. Bytes go to the device as they are stored and are converted
// and checked there: on the host that took 4.3 s for Stable Diffusion 1.5.
#include <algorithm>

#include "backend/cuda/upload_ring.h"
#include "ops/gemm/gemm.h"
#include "ops/weights.h"
#include "ops/weights_kernels.cuh"

namespace ltw::cuda {
namespace {

class CudaPacker final : public Packer {
 public:
  explicit CudaPacker(CudaBackend& backend)
      : backend_(backend), ring_(backend), problems_(backend, Shape{kTensorsBetweenChecks}, DType::kI32) {
    start_checks();
  }

  PackedWeights conv2d(const StoredTensor& weight, const StoredTensor* bias, bool upsample) override {
    const Shape& shape = weight.tensor.shape;
    PackedWeights weights = make(shape[0], shape[1], shape[2], bias != nullptr);
    place(weight, shape[0], shape[1], shape[2] * shape[2], packed_channels(shape[1]),
          static_cast<__half*>(weights.weight.data()));
    if (bias != nullptr) place_vector(*bias, weights.bias.tensor().f32());
    if (upsample && backend_.limits().capability == 90) weights.upsampled = upsampled(weight);
    return weights;
  }

  PackedWeights linear(const std::vector<StoredTensor>& weight,
                       const std::vector<StoredTensor>& bias) override {
    int64_t out = 0;
    for (const StoredTensor& part : weight) out += part.tensor.rows();
    const int64_t in = weight.front().tensor.channels();
    PackedWeights weights = make(out, in, 1, !bias.empty());
    __half* to = static_cast<__half*>(weights.weight.data());
    for (const StoredTensor& part : weight) {
      place(part, part.tensor.rows(), in, 1, packed_channels(in), to);
      to += part.tensor.rows() * packed_channels(in);
    }
    if (bias.empty()) return weights;
    float* bias_to = weights.bias.tensor().f32();
    for (const StoredTensor& part : bias) {
      place_vector(part, bias_to);
      bias_to += part.tensor.shape.size();
    }
    return weights;
  }

  PackedWeights linear_product(const StoredTensor& outer, const StoredTensor& inner,
                               const StoredTensor* bias) override {
    const int64_t out = outer.tensor.rows(), mid = outer.tensor.channels(), in = inner.tensor.channels();
    const OwnedTensor a = matrix(outer), b = matrix(inner);
    PackedWeights weights = make(out, in, 1, bias != nullptr);
    const auto tiles = [](int64_t count) {
      return static_cast<unsigned>((count + kProductTile - 1) / kProductTile);
    };
    const int packed = packed_channels(in);
    product_kernel<<<dim3(tiles(packed), tiles(out)), kPackThreads, 0, backend_.stream()>>>(
        static_cast<__half*>(weights.weight.data()), a.tensor().f32(), b.tensor().f32(),
        static_cast<int>(out), static_cast<int>(mid), static_cast<int>(in), packed,
        next_problem(outer.name + " * " + inner.name));
    check_launch("product of weights");
    if (bias != nullptr) place_vector(*bias, weights.bias.tensor().f32());
    return weights;
  }

  OwnedTensor vector(const StoredTensor& stored) override {
    OwnedTensor tensor(backend_, stored.tensor.shape, DType::kF32);
    place_vector(stored, tensor.tensor().f32());
    return tensor;
  }

  OwnedTensor table(const StoredTensor& stored) override {
    OwnedTensor tensor(backend_, stored.tensor.shape, DType::kF16);
    const int64_t channels = stored.tensor.channels();
    place(stored, stored.tensor.rows(), channels, 1, channels, tensor.tensor().as<__half>());
    return tensor;
  }

  void finish() override {
    std::vector<int> problems(names_.size());
    backend_.download(problems.data(), problems_.tensor().data,
                      static_cast<int64_t>(problems.size() * sizeof(int)));
    for (size_t i = 0; i < problems.size(); ++i) {
      if (problems[i] == kNotANumber) fail_not_finite(names_[i]);
      if (problems[i] == kTooLarge) {
        fail(Status::kNotFinite, "tensor '", names_[i],
             "' holds a value beyond 65504, the largest in float16: use --device cpu");
      }
    }
    start_checks();
  }

 private:
  static constexpr int64_t kTensorsBetweenChecks = 4096;

  void start_checks() {
    names_.clear();
    check(cudaMemsetAsync(problems_.tensor().data, 0, static_cast<size_t>(problems_.tensor().bytes()),
                          backend_.stream()),
          "cudaMemsetAsync");
  }

  // Where a kernel notes what is wrong with tensor `name`.
  int* next_problem(const std::string& name) {
    if (static_cast<int64_t>(names_.size()) == kTensorsBetweenChecks) finish();
    names_.push_back(name);
    return problems_.tensor().as<int>() + names_.size() - 1;
  }

  PackedWeights make(int64_t out, int64_t in, int64_t kernel, bool has_bias) {
    PackedWeights weights;
    weights.in_channels = in;
    weights.out_channels = out;
    weights.kernel = kernel;
    weights.weight =
        backend_.allocate(out * kernel * kernel * packed_channels(in) * static_cast<int64_t>(sizeof(__half)));
    weights.has_bias = has_bias;
    if (has_bias) weights.bias = OwnedTensor(backend_, Shape{out}, DType::kF32);
    return weights;
  }

  Buffer upsampled(const StoredTensor& weight) {
    const int64_t rows = weight.tensor.shape[0], channels = weight.tensor.shape[1];
    const int packed = packed_channels(channels);
    const int64_t phase_size = rows * 4 * packed;
    Buffer buffer = backend_.allocate(4 * phase_size * static_cast<int64_t>(sizeof(__half)));
    upload(weight, rows, 9 * channels, [&](const auto* raw, int64_t row, dim3 grid, int* problem) {
      grid.y = pieces(16 * packed);
      pack_upsampled_kernel<<<grid, kPackThreads, 0, backend_.stream()>>>(
          static_cast<__half*>(buffer.data()) + row * 4 * packed, raw, static_cast<int>(channels), packed,
          phase_size, problem);
    });
    return buffer;
  }

  // In float32.
  OwnedTensor matrix(const StoredTensor& stored) {
    const int64_t rows = stored.tensor.rows(), channels = stored.tensor.channels();
    OwnedTensor tensor(backend_, Shape{rows, channels}, DType::kF32);
    place(stored, rows, channels, 1, channels, tensor.tensor().f32());
    return tensor;
  }

  void place_vector(const StoredTensor& stored, float* to) {
    place(stored, 1, stored.tensor.shape.size(), 1, stored.tensor.shape.size(), to);
  }

  template <typename To>
  void place(const StoredTensor& stored, int64_t rows, int64_t channels, int64_t taps, int64_t packed,
             To* to) {
    upload(stored, rows, channels * taps, [&](const auto* raw, int64_t row, dim3 grid, int* problem) {
      grid.y = pieces(taps * packed);
      pack_kernel<<<grid, kPackThreads, 0, backend_.stream()>>>(
          to + row * taps * packed, raw, static_cast<int>(channels), static_cast<int>(taps),
          static_cast<int>(packed), problem);
    });
  }

  static unsigned pieces(int64_t row) {
    return static_cast<unsigned>((row + kPackThreads - 1) / kPackThreads);
  }

  // Brings rows of `row_size` values to the device, as many at a time as the ring takes. pack(raw, row, grid,
  // problem) queues what becomes of those from `row` on; grid.x is their number.
  template <typename Pack>
  void upload(const StoredTensor& stored, int64_t rows, int64_t row_size, const Pack& pack) {
    switch (stored.tensor.dtype) {
      case DType::kF16:
        return upload_as<__half>(stored, rows, row_size, pack);
      case DType::kBF16:
        return upload_as<__nv_bfloat16>(stored, rows, row_size, pack);
      default:
        return upload_as<float>(stored, rows, row_size, pack);
    }
  }

  template <typename From, typename Pack>
  void upload_as(const StoredTensor& stored, int64_t rows, int64_t row_size, const Pack& pack) {
    int* problem = next_problem(stored.name);
    // A slice of columns has longer strides; everything else is dense.
    const int64_t row_bytes = row_size * static_cast<int64_t>(sizeof(From));
    const int64_t stride = stored.tensor.dense() ? row_bytes : stored.tensor.row_stride * sizeof(From);
    const int64_t most = UploadRing::kSlotBytes / row_bytes;
    ensure(most > 0, stored.name, ": a row of ", row_bytes, " bytes");
    for (int64_t row = 0; row < rows; row += most) {
      const int64_t count = std::min(most, rows - row);
      const void* raw = ring_.upload(stored.tensor.as<char>() + row * stride, count, row_bytes, stride);
      pack(static_cast<const From*>(raw), row, dim3(static_cast<unsigned>(count)), problem);
      check_launch("pack");
    }
  }

  CudaBackend& backend_;
  UploadRing ring_;
  OwnedTensor problems_;  // of tensor i
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Packer> make_packer(Backend& backend) {
  return std::make_unique<CudaPacker>(static_cast<CudaBackend&>(backend));
}

}  // namespace ltw::cuda
