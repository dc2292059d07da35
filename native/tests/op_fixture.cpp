#include "op_fixture.h"

#include <immintrin.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace ltw::test {
namespace {

constexpr unsigned char kPoison = 0xff;  // all bits set is NaN in float32 and float16

uint16_t float_to_f16(float value) {
  return static_cast<uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT));
}

}  // namespace

// Test data is scaled so that results are of order 1 (|y| < 6 or so).
// float32 (u = 2^-24 = 6e-8): a sum of K products of total size about 1 is off by about sqrt(K) u, 4e-6 for
// K = 4096; three to five times that for the worst of thousands of elements. Norms and single passes: some
// roundings of values of order 1, and an exp of relative error 1e-7.
// float16 (u = 2^-11 = 4.9e-4): sums are float32, so what counts is the rounding of the result (u |y|) and,
// where probabilities or a normalised value are rounded to float16 inside the op, one or two more.
const Tolerances& tolerances(DType type) {
  static const Tolerances f32{{2e-5, 2e-6}, {4e-6, 2e-6}, {1e-5, 2e-6}, {5e-7, 1e-6}};
  static const Tolerances f16{{1e-3, 1e-3}, {1e-3, 1e-3}, {1e-3, 2e-3}, {2e-4, 6e-4}};
  return type == DType::kF16 ? f16 : f32;
}

std::vector<unsigned char> OpFixture::encode(const Values& values, DType type) const {
  std::vector<unsigned char> bytes(values.size() * static_cast<size_t>(size_of(type)));
  if (type == DType::kF16) {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t half = float_to_f16(values[i]);
      std::memcpy(&bytes[2 * i], &half, 2);
    }
  } else {
    ensure(type == DType::kF32, "the fixture encodes float32 and float16");
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  return bytes;
}

Values OpFixture::decode(const std::vector<unsigned char>& bytes, DType type) const {
  Values values(bytes.size() / static_cast<size_t>(size_of(type)));
  for (size_t i = 0; i < values.size(); ++i) {
    if (type == DType::kF16) {
      uint16_t half;
      std::memcpy(&half, &bytes[2 * i], 2);
      values[i] = f16_to_float(half);
    } else if (type == DType::kE4M3) {
      values[i] = e4m3_to_float(bytes[i]);
    } else {
      std::memcpy(&values[i], &bytes[4 * i], 4);
    }
  }
  return values;
}

Values OpFixture::random(int64_t count, double deviation, double mean) {
  return random(count, deviation, mean, type());
}

Values OpFixture::random_weights(int64_t count, double deviation) {
  return random(count, deviation, 0, backend_->activation_type());
}

Values OpFixture::random(int64_t count, double deviation, double mean, DType type) {
  std::normal_distribution<double> normal(mean, deviation);
  Values values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(normal(generator_));
  return decode(encode(values, type), type);
}

Placed OpFixture::output(const Shape& shape, DType type, Slice slice) const {
  const int64_t channels = shape.channels(), width = slice.width ? slice.width : channels;
  Placed placed;
  placed.storage = OwnedTensor(*backend_, shape.with(shape.rank() - 1, width), type);
  placed.view = placed.storage.tensor().channel_slice(slice.begin, channels);
  const std::vector<unsigned char> poison(static_cast<size_t>(placed.storage.tensor().bytes()), kPoison);
  backend_->upload(placed.storage.tensor().data, poison.data(), placed.storage.tensor().bytes());
  return placed;
}

Placed OpFixture::upload(const Shape& shape, const Values& values, Slice slice) const {
  ensure(shape.size() == static_cast<int64_t>(values.size()), "values do not fill ", shape);
  Placed placed = output(shape, slice);
  const std::vector<unsigned char> bytes = encode(values, type());
  if (placed.view.dense()) {
    backend_->upload(placed.view.data, bytes.data(), placed.view.bytes());
    return placed;
  }
  const int64_t row = shape.channels() * size_of(type()), stride = placed.view.row_stride * size_of(type());
  for (int64_t r = 0; r < shape.rows(); ++r) {
    backend_->upload(placed.view.as<char>() + r * stride, bytes.data() + r * row, row);
  }
  return placed;
}

OwnedTensor OpFixture::upload_f32(const Shape& shape, const Values& values) const {
  ensure(shape.size() == static_cast<int64_t>(values.size()), "values do not fill ", shape);
  OwnedTensor tensor(*backend_, shape, DType::kF32);
  backend_->upload(tensor.tensor().data, values.data(), tensor.tensor().bytes());
  return tensor;
}

OwnedTensor OpFixture::upload_i32(const Shape& shape, const std::vector<int32_t>& values) const {
  ensure(shape.size() == static_cast<int64_t>(values.size()), "values do not fill ", shape);
  OwnedTensor tensor(*backend_, shape, DType::kI32);
  backend_->upload(tensor.tensor().data, values.data(), tensor.tensor().bytes());
  return tensor;
}

NormWeights OpFixture::norm_weights(const Values& gamma, const Values& beta) const {
  const Shape shape{static_cast<int64_t>(gamma.size())};
  return {upload_f32(shape, gamma), upload_f32(shape, beta)};
}

Values OpFixture::download(const Placed& placed) const {
  const Tensor& storage = placed.storage;
  std::vector<unsigned char> bytes(static_cast<size_t>(storage.bytes()));
  backend_->download(bytes.data(), storage.data, storage.bytes());
  const Values all = decode(bytes, storage.dtype);
  const int64_t begin = (placed.view.as<char>() - storage.as<char>()) / size_of(storage.dtype);
  Values values;
  for (int64_t r = 0; r < placed.view.rows(); ++r) {
    const auto row = all.begin() + r * placed.view.row_stride + begin;
    values.insert(values.end(), row, row + placed.view.channels());
  }
  return values;
}

std::vector<unsigned char> OpFixture::run_bytes(const Tensor& memory,
                                                const std::vector<unsigned char>& initial,
                                                const Op& op) const {
  Arena measuring;
  Context measure = in_type(Context::measure(*backend_, measuring));
  op(measure);
  const Buffer scratch = backend_->allocate(measuring.peak());
  const std::vector<unsigned char> poison(static_cast<size_t>(measuring.peak()), kPoison);
  std::vector<unsigned char> first;
  const auto check = [&](const char* mode, const std::function<void()>& body) {
    backend_->upload(memory.data, initial.data(), memory.bytes());
    if (measuring.peak() > 0) backend_->upload(scratch.data(), poison.data(), measuring.peak());
    body();
    std::vector<unsigned char> bytes(initial.size());
    backend_->download(bytes.data(), memory.data, memory.bytes());
    if (first.empty()) first = bytes;
    expect(bytes == first, mode, ": other bits than the first run's");
  };
  const auto immediate = [&] {
    Arena arena(scratch.data(), measuring.peak());
    Context ctx = in_type(Context::immediate(*backend_, arena));
    op(ctx);
  };
  check("immediate", immediate);
  check("immediate again", immediate);
  Program program;
  Arena arena(scratch.data(), measuring.peak());
  Context record = in_type(Context::record(*backend_, arena, program));
  op(record);
  expect(arena.peak() == measuring.peak(), "measured ", measuring.peak(), " bytes but took ", arena.peak());
  check("recorded", [&] { program.run(); });
  check("recorded, again", [&] { program.run(); });
  return first;
}

Values OpFixture::run(const Placed& out, const Op& op, const Values& initial) const {
  const Tensor& storage = out.storage;
  const int64_t size = size_of(storage.dtype);
  const size_t begin = static_cast<size_t>(out.view.as<char>() - storage.as<char>());
  const size_t row = static_cast<size_t>(out.view.channels() * size);
  const size_t stride = static_cast<size_t>(out.view.row_stride * size);
  std::vector<unsigned char> before(static_cast<size_t>(storage.bytes()), kPoison);
  if (!initial.empty()) {
    const std::vector<unsigned char> bytes = encode(initial, storage.dtype);
    for (size_t r = 0; r < bytes.size() / row; ++r)
      std::memcpy(&before[begin + r * stride], &bytes[r * row], row);
  }
  const std::vector<unsigned char> after = run_bytes(storage, before, op);
  std::vector<unsigned char> view;
  for (size_t r = 0; r * stride < after.size(); ++r) {
    const auto line = after.begin() + static_cast<std::ptrdiff_t>(r * stride);
    const auto at = static_cast<std::ptrdiff_t>(begin), end = static_cast<std::ptrdiff_t>(begin + row);
    view.insert(view.end(), line + at, line + end);
    for (size_t i = 0; i < stride; ++i) {
      const bool outside = i < begin || i >= begin + row;
      expect(!outside || after[r * stride + i] == kPoison, "wrote outside the slice in row ", r);
    }
  }
  const Values values = decode(view, storage.dtype);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t at = i * static_cast<size_t>(size);
    bool poisoned = true;
    for (size_t b = 0; b < static_cast<size_t>(size); ++b) poisoned = poisoned && view[at + b] == kPoison;
    expect(!poisoned, "element ", i, " of ", out.view.shape, " was not written");
  }
  return values;
}

void expect_close(const Values& got, const Doubles& expected, Tolerance tolerance, const std::string& what) {
  expect(got.size() == expected.size(), what, ": ", got.size(), " elements, not ", expected.size());
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = std::fabs(got[i] - expected[i]);
    const double share = error / (tolerance.absolute + tolerance.relative * std::fabs(expected[i]));
    if (!(share <= worst)) {  // NaN counts as worse than anything
      worst = share;
      at = i;
      if (std::isnan(share)) break;
    }
  }
  expect(worst <= 1, what, ": element ", at, " is ", got[at], ", not ", expected[at], " (", worst,
         " times the tolerance)");
}

double relative_error(const Values& got, const Values& expected) {
  double apart = 0, size = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    apart += std::pow(double{got[i]} - expected[i], 2);
    size += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(apart / size);
}

void expect_same_bits(const Values& a, const Values& b, const std::string& what) {
  expect(a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0, what,
         ": bits differ");
}

void expect_refused(const std::function<void()>& call, const std::string& what) {
  try {
    call();
  } catch (const Error&) {
    return;
  }
  fail(Status::kInternalError, what, " went through");
}

void on_every_device(const std::function<void(OpFixture&)>& body) {
  const auto run = [&](const std::string& device, bool wide) {
    OpFixture fixture(device, wide);
    try {
      body(fixture);
    } catch (const std::exception& error) {
      fail(Status::kInternalError, device, ", ", name_of(fixture.type()), ": ", error.what());
    }
  };
  const auto run_all = [&](const std::string& device) {
    run(device, false);
    if (device != "cpu") run(device, true);
  };
  if (const char* named = std::getenv("LTW_TEST_DEVICES")) return run_all(named);
  run_all("cpu");
  bool cuda = true;
  try {
    create_backend("cuda:0", 0);
  } catch (const Error&) {
    cuda = false;
  }
  if (cuda) run_all("cuda:0");
}

}  // namespace ltw::test
