#include "ops/elementwise.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "op_fixture.h"

namespace ltw {
namespace {

using test::Doubles;
using test::expect;
using test::expect_close;
using test::OpFixture;
using test::Values;

test::Placed latent(OpFixture& t, const Shape& shape, const Values& values) {
  test::Placed placed = t.output(shape, DType::kF32);
  t.backend().upload(placed.storage.tensor().data, values.data(), placed.storage.tensor().bytes());
  return placed;
}

LTW_OP_TEST(weighted_sum_adds_up_to_six_terms) {
  for (const int count : {1, 2, 3, 6}) {
    const Shape shape{2, 13, 79, 4};  // more than one block of the CPU's loop, and a rest
    std::vector<test::Placed> sources;
    std::vector<Term> terms;
    Doubles expected(static_cast<size_t>(shape.size()));
    for (int i = 0; i < count; ++i) {
      const double coefficient = 0.3 * (i + 1) * (i % 2 ? -1 : 1);
      const Values values = t.random(shape.size());
      sources.push_back(latent(t, shape, values));
      terms.emplace_back(coefficient, sources.back().view);
      for (size_t e = 0; e < expected.size(); ++e) expected[e] += coefficient * values[e];
    }
    const test::Placed out = t.output(shape, DType::kF32);
    const Values got = t.run(out, [&](Context& ctx) { weighted_sum(out, terms, ctx); });
    expect_close(got, expected, test::tolerances(DType::kF32).elementwise, text(count, " terms"));
  }
}

LTW_OP_TEST(weighted_sum_in_place) {
  const Shape shape{1, 5, 3, 4};
  const Values x = t.random(shape.size()), y = t.random(shape.size());
  const test::Placed out = t.output(shape, DType::kF32), other = latent(t, shape, y);
  const Values got = t.run(
      out,
      [&](Context& ctx) {
        weighted_sum(out, {{0.25, out.view}, {-2, other.view}}, ctx);
      },
      x);
  Doubles expected(x.size());
  for (size_t i = 0; i < x.size(); ++i) expected[i] = 0.25 * x[i] - 2.0 * y[i];
  expect_close(got, expected, test::tolerances(DType::kF32).elementwise, "in place");
}

LTW_OP_TEST(convert_scales_both_ways) {
  const Shape shape{3, 7, 5, 4};
  const Values values = t.random(shape.size());
  Doubles expected;
  for (const float value : values) expected.push_back(0.18215 * value);
  const test::Placed f32 = latent(t, shape, values), activation = t.upload(shape, values);
  const test::Placed to_activation = t.output(shape), to_f32 = t.output(shape, DType::kF32);
  expect_close(t.run(to_activation, [&](Context& ctx) { convert(to_activation, f32, 0.18215, ctx); }),
               expected, t.tolerance().elementwise, "float32 to activation");
  expect_close(t.run(to_f32, [&](Context& ctx) { convert(to_f32, activation, 0.18215, ctx); }), expected,
               test::tolerances(DType::kF32).elementwise, "activation to float32");
  const test::Placed twice = t.output(shape.with(0, 6));
  const std::vector<double> once = expected;
  expected.insert(expected.end(), once.begin(), once.end());
  expect_close(t.run(twice, [&](Context& ctx) { convert(twice, f32, 0.18215, ctx); }), expected,
               t.tolerance().elementwise, "twice");
}

LTW_OP_TEST(sampler_step_is_weighted_sum_then_convert) {
  const Shape shape{2, 13, 79, 4};
  const test::Placed x = latent(t, shape, t.random(shape.size())),
                     y = latent(t, shape, t.random(shape.size()));
  const std::vector<Term> terms{{0.7, x.view}, {-1.9, y.view}};
  const test::Placed sum = t.output(shape, DType::kF32), step = t.output(shape, DType::kF32);
  const Values summed = t.run(sum, [&](Context& ctx) { weighted_sum(sum, terms, ctx); });
  for (const int64_t times : {1, 2}) {
    const Shape copies = shape.with(0, times * 2);
    const DType narrow = t.backend().activation_type();
    const test::Placed apart = t.output(copies, narrow), within = t.output(copies, narrow);
    const auto converted = t.run(apart, [&](Context& ctx) { convert(apart, sum, 0.3, ctx); });
    expect(t.run(within, [&](Context& ctx) { sampler_step(step, terms, within, 0.3, ctx); }) == converted,
           text("converted ", times, " times"));
    expect(t.run(step, [&](Context& ctx) { sampler_step(step, terms, within, 0.3, ctx); }) == summed,
           text("the sum, ", times, " times"));
  }
}

LTW_OP_TEST(broadcast_copies_to_every_entry) {
  const Shape one{1, 7, 33};
  const Values values = t.random(one.size());
  const test::Placed src = t.upload(one, values), out = t.output(one.with(0, 3));
  const Values got = t.run(out, [&](Context& ctx) { broadcast(out, src, ctx); });
  Values expected;
  for (int i = 0; i < 3; ++i) expected.insert(expected.end(), values.begin(), values.end());
  test::expect_same_bits(got, expected, "broadcast");
}

LTW_OP_TEST(embed_tokens_adds_the_position) {
  const int64_t vocabulary = 50, positions = 11, c = 37, n = 2, tokens = 9;
  const Values table = t.random(vocabulary * c), position = t.random(positions * c);
  std::vector<int32_t> ids;
  for (int i = 0; i < n * tokens; ++i) ids.push_back(i * 17 % 50);
  ids[0] = 49;
  const test::Placed tokens_at = t.upload(Shape{vocabulary, c}, table);
  const test::Placed positions_at = t.upload(Shape{positions, c}, position);
  const OwnedTensor ids_at = t.upload_i32(Shape{n, tokens}, ids);
  const test::Placed out = t.output(Shape{n, tokens, c});
  const Values got =
      t.run(out, [&](Context& ctx) { embed_tokens(out, ids_at, tokens_at, positions_at, ctx); });
  Doubles expected;
  for (int64_t i = 0; i < n * tokens; ++i) {
    for (int64_t j = 0; j < c; ++j) {
      expected.push_back(static_cast<double>(table[ids[i] * c + j]) + position[i % tokens * c + j]);
    }
  }
  expect_close(got, expected, t.tolerance().elementwise, "embedding");
}

template <typename Pixel>
void pixels_truncate(OpFixture& t, DType type, double scale) {
  const Shape shape{2, 5, 7, 3};
  Values values = t.random(shape.size(), 0.7);
  values[0] = -1.0f;
  values[1] = 1.0f;
  values[2] = 300.0f;
  values[3] = -300.0f;
  values[4] = 0.0f;
  const test::Placed src = t.upload(shape, values);
  const OwnedTensor dst(t.backend(), shape, type), finite = t.upload_i32(Shape{1}, {1});
  const std::vector<unsigned char> before(static_cast<size_t>(dst.tensor().bytes()), 0x5a);
  const std::vector<unsigned char> after =
      t.run_bytes(dst, before, [&](Context& ctx) { image_to_pixels(dst, src, finite, ctx); });
  for (size_t i = 0; i < values.size(); ++i) {
    Pixel pixel;
    std::memcpy(&pixel, &after[i * sizeof pixel], sizeof pixel);
    // In float32, as the definition says: a product in double would truncate differently.
    const float unit = std::min(std::max((values[i] + 1.0f) / 2.0f, 0.0f), 1.0f);
    const auto expected = static_cast<Pixel>(unit * static_cast<float>(scale));
    expect(pixel == expected, "pixel ", i, " of ", values[i], " is ", +pixel, ", not ", +expected);
  }
  int32_t flag = 0;
  t.backend().download(&flag, finite.tensor().data, 4);
  expect(flag == 1, "a finite picture was called not finite");
}

LTW_OP_TEST(image_to_pixels_truncates_8_bits) { pixels_truncate<uint8_t>(t, DType::kU8, 255); }
LTW_OP_TEST(image_to_pixels_truncates_16_bits) { pixels_truncate<uint16_t>(t, DType::kU16, 65025); }

LTW_OP_TEST(image_to_pixels_reports_what_is_not_finite) {
  const Shape shape{1, 9, 31, 3};
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity}) {
    for (const size_t at : {size_t{0}, size_t{400}, static_cast<size_t>(shape.size()) - 1}) {
      Values values = t.random(shape.size());
      values[at] = bad;
      const test::Placed src = t.upload(shape, values);
      const OwnedTensor dst(t.backend(), shape, DType::kU8), finite = t.upload_i32(Shape{1}, {1});
      const std::vector<unsigned char> before(static_cast<size_t>(dst.tensor().bytes()), 0x5a);
      t.run_bytes(dst, before, [&](Context& ctx) { image_to_pixels(dst, src, finite, ctx); });
      int32_t flag = 1;
      t.backend().download(&flag, finite.tensor().data, 4);
      expect(flag == 0, bad, " at ", at, " went unnoticed");
    }
  }
}

LTW_OP_TEST(error_norm_weighs_each_value) {
  const Shape shape{2, 13, 79, 4};
  const Values low = t.random(shape.size()), high = t.random(shape.size()), previous = t.random(shape.size());
  double squares = 0;
  for (size_t i = 0; i < low.size(); ++i) {
    const double scale = std::fmax(0.1, 0.2 * std::fmax(std::fabs(low[i]), std::fabs(previous[i])));
    squares += std::pow((double(low[i]) - high[i]) / scale, 2);
  }
  const double expected = std::sqrt(squares / double(shape.size()));

  const test::Placed a = latent(t, shape, low), b = latent(t, shape, high), c = latent(t, shape, previous);
  Arena size;
  Context measuring = Context::measure(t.backend(), size);
  expect(error_norm(a, b, c, 0.1, 0.2, measuring) == 0, "a norm while measuring");
  const Buffer memory = t.backend().allocate(size.peak());
  Arena arena(memory.data(), size.peak());
  Context now = Context::immediate(t.backend(), arena);
  const double found = error_norm(a, b, c, 0.1, 0.2, now);
  expect(std::fabs(found - expected) < 1e-6 * expected, "the norm is ", found, " instead of ", expected);
  expect(error_norm(a, b, c, 0.1, 0.2, now) == found, "other bits the second time");

  Program program;
  Context recording = Context::record(t.backend(), arena, program);
  test::expect_refused([&] { error_norm(a, b, c, 0.1, 0.2, recording); }, "recording");
}

}  // namespace
}  // namespace ltw
