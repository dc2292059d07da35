#include "ops/weights.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "op_fixture.h"
#include "ops/elementwise.h"
#include "ops/linear.h"

namespace ltw {
namespace {

using test::expect;
using test::OpFixture;
using test::Placed;
using test::Values;

// Values as a checkpoint has them in `type`, in memory of their own at an odd address, as files may have
// them; those that bfloat16 has as well.
StoredTensor stored(const Values& values, const Shape& shape, DType type) {
  const auto bytes = std::make_shared<std::vector<unsigned char>>(values.size() * 4 + 1);
  for (size_t i = 0; i < values.size(); ++i) {
    uint32_t wide;
    std::memcpy(&wide, &values[i], 4);
    const auto put = [&](auto bits) { std::memcpy(bytes->data() + 1 + i * sizeof bits, &bits, sizeof bits); };
    if (type == DType::kF32) put(wide);
    if (type == DType::kBF16) put(static_cast<uint16_t>(wide >> 16));
    if (type == DType::kF16) {
      const uint32_t sign = wide >> 16 & 0x8000, exponent = (wide >> 23 & 0xff) - 112;
      put(static_cast<uint16_t>((wide << 1) == 0 ? sign : sign | exponent << 10 | (wide >> 13 & 0x3ff)));
    }
  }
  return {"some." + std::string(name_of(type)), Tensor(bytes->data() + 1, type, shape), bytes};
}

// -2..2 in steps of 1/64: exact in every type.
Values exact(int64_t count) {
  Values values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<int>(i * 37 % 255) - 127) / 64;
  }
  return values;
}

Values through(const PackedWeights& weights, const Values& x, int64_t rows, OpFixture& t) {
  const Placed src = t.upload(Shape{rows, weights.in_channels}, x);
  const Placed dst = t.output(Shape{rows, weights.out_channels});
  return t.run(dst, [&](Context& ctx) { linear(dst, src, weights, {}, ctx); });
}

LTW_OP_TEST(weights_of_every_type_are_the_same) {
  // More than the 8 MiB that are on their way to a device at once, in float32; odd sizes.
  constexpr int64_t kOut = 1031, kIn = 2049, kRows = 3;
  const Values w = exact(kOut * kIn), b = exact(kOut), x = t.random(kRows * kIn, 0.02);
  const Values expected = through(pack_linear(w, b, kOut, kIn, t.backend()), x, kRows, t);
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    const std::unique_ptr<Packer> packer = make_packer(t.backend());
    const PackedWeights weights =
        packer->linear({stored(w, Shape{kOut, kIn}, type)}, {stored(b, Shape{kOut}, type)});
    packer->finish();
    test::expect_same_bits(through(weights, x, kRows, t), expected, name_of(type));
  }
}

LTW_OP_TEST(weights_of_parts_and_of_columns) {
  constexpr int64_t kOut = 24, kIn = 19, kBegin = 5, kUsed = 11, kRows = 4;
  const Values w = exact(kOut * kIn), b = exact(kOut), x = t.random(kRows * kUsed);
  Values columns;
  for (int64_t o = 0; o < kOut; ++o) {
    columns.insert(columns.end(), w.begin() + o * kIn + kBegin, w.begin() + o * kIn + kBegin + kUsed);
  }
  const Values expected = through(pack_linear(columns, b, kOut, kUsed, t.backend()), x, kRows, t);
  std::vector<StoredTensor> parts, biases;
  for (const auto& [begin, end] : {std::pair{0, 7}, {7, 8}, {8, 24}}) {
    const Values rows(w.begin() + begin * kIn, w.begin() + end * kIn);
    parts.push_back(stored(rows, Shape{end - begin, kIn}, DType::kF16).channel_slice(kBegin, kUsed));
    biases.push_back(stored(Values(b.begin() + begin, b.begin() + end), Shape{end - begin}, DType::kBF16));
  }
  const std::unique_ptr<Packer> packer = make_packer(t.backend());
  const PackedWeights weights = packer->linear(parts, biases);
  packer->finish();
  test::expect_same_bits(through(weights, x, kRows, t), expected, "three parts, eleven columns");
}

LTW_OP_TEST(weights_of_two_layers_in_one) {
  struct Sizes {
    int64_t out, mid, in, rows;
  };
  for (const Sizes& s : {Sizes{24, 19, 35, 4}, Sizes{160, 130, 200, 3}}) {
    const Values outer = t.random(s.out * s.mid, 0.1), inner = t.random(s.mid * s.in, 0.1),
                 bias = exact(s.out);
    const Values x = t.random(s.rows * s.in);
    const std::unique_ptr<Packer> packer = make_packer(t.backend());
    const StoredTensor b = stored(bias, Shape{s.out}, DType::kF32);
    const PackedWeights weights = packer->linear_product(stored(outer, Shape{s.out, s.mid}, DType::kF32),
                                                         stored(inner, Shape{s.mid, s.in}, DType::kF32), &b);
    packer->finish();
    test::Doubles expected;
    double largest = 0;
    for (int64_t row = 0; row < s.rows; ++row) {
      for (int64_t o = 0; o < s.out; ++o) {
        double sum = bias[o];
        for (int64_t i = 0; i < s.in; ++i) {
          double w = 0;
          for (int64_t m = 0; m < s.mid; ++m) w += double(outer[o * s.mid + m]) * inner[m * s.in + i];
          sum += w * x[row * s.in + i];
          largest = std::max(largest, std::abs(w));
        }
        expected.push_back(sum);
      }
    }
    // In float16 each weight is off by up to half a unit in the last place; over `in` of them the errors add
    // up as a random walk does.
    test::Tolerance tolerance = t.tolerance().product;
    if (t.backend().activation_type() == DType::kF16) {
      tolerance.absolute += 4 * largest * std::ldexp(1, -11) * std::sqrt(static_cast<double>(s.in));
    }
    test::expect_close(through(weights, x, s.rows, t), expected, tolerance,
                       text(s.out, " of ", s.mid, " of ", s.in));
  }
}

LTW_OP_TEST(tables_and_vectors_keep_their_values) {
  const Values values = exact(7 * 13);
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    const std::unique_ptr<Packer> packer = make_packer(t.backend());
    const OwnedTensor vector = packer->vector(stored(values, Shape{7 * 13}, type));
    const OwnedTensor table = packer->table(stored(values, Shape{7, 13}, type));
    packer->finish();
    Values floats(values.size());
    t.backend().download(floats.data(), vector.tensor().data, vector.tensor().bytes());
    test::expect_same_bits(floats, values, "vector");
    expect(table.tensor().dtype == t.backend().activation_type(), "the table's type");
    const Placed wide = t.output(Shape{7, 13}, DType::kF32);
    const Values read = t.run(wide, [&](Context& ctx) { convert(wide, table, 1.0, ctx); });
    test::expect_same_bits(read, values, "table");
  }
}

LTW_OP_TEST(weights_that_are_no_numbers_are_named) {
  constexpr float kBad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(), 1e6f};
  const bool narrow = t.backend().activation_type() == DType::kF16;
  for (const float bad : kBad) {
    const bool refused = bad != 1e6f || narrow;
    Values w = exact(8 * 5 * 9);
    w[217] = bad;
    const std::unique_ptr<Packer> packer = make_packer(t.backend());
    std::string message;
    try {
      StoredTensor good = stored(exact(8 * 5 * 9), Shape{8, 5, 3, 3}, DType::kF32);
      StoredTensor wrong = stored(w, Shape{8, 5, 3, 3}, DType::kF32);
      good.name = "good", wrong.name = "wrong";
      packer->conv2d(good, nullptr, false);
      packer->conv2d(wrong, nullptr, false);
      packer->conv2d(good, nullptr, false);
      packer->finish();
    } catch (const Error& error) {
      expect(error.status() == Status::kNotFinite, "status of ", bad);
      message = error.what();
    }
    expect(refused == (message.find("'wrong'") != std::string::npos), bad, ": ", message);
  }
}

}  // namespace
}  // namespace ltw
