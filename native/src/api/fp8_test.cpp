// A model turned to fp8 through the C interface.
#include <cmath>
#include <vector>

#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::expect;
using test::TinyModel;

constexpr int32_t kSide = 8, kTokens = 7, kContext = 32;

// One evaluation of n samples, all but the first of them others each time.
std::vector<float> evaluate(const TinyModel& tiny, int32_t n) {
  std::vector<float> x, steps(static_cast<size_t>(n), 400.0f), context,
      out(static_cast<size_t>(n) * 4 * kSide * kSide);
  const auto fill = [](std::vector<float>& values, size_t count, double step) {
    for (size_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  };
  fill(x, out.size(), 1.37);
  fill(context, static_cast<size_t>(n * kTokens * kContext), 0.71);
  check(ltw_unet(tiny.get(), n, kSide, kSide, kTokens, x.data(), steps.data(), context.data(), out.data()));
  return out;
}

std::vector<ltw_fp8_input> calibrate(const TinyModel& tiny) {
  std::vector<ltw_fp8_input> inputs(256);
  int32_t count = 0;
  check(ltw_fp8_calibrate(tiny.get(), inputs.data(), 256, &count));
  inputs.resize(static_cast<size_t>(count));
  return inputs;
}

LTW_OP_TEST(fp8_is_close_to_float16) {
  if (t.type() == DType::kF32 && t.backend().device() != DeviceKind::kCpu) return;
  const TinyModel tiny(test::device_of(t));
  int32_t count = 0;
  std::vector<ltw_fp8_input> inputs(256);
  if (ltw_fp8_calibrate(tiny.get(), inputs.data(), 256, &count) == LTW_INVALID_ARGUMENT) {
    const std::string message = ltw_last_error();
    expect(message.find("compute capability 9.0") != std::string::npos, message);
    expect(ltw_fp8_use(tiny.get(), inputs.data(), count) == LTW_INVALID_ARGUMENT, "fp8 on such a device");
    return;
  }
  const std::vector<float> before = evaluate(tiny, 1);
  inputs = calibrate(tiny);
  expect(inputs.size() > 20 && inputs[0].name == std::string("unet.down_blocks.0.resnets.0.conv1"),
         inputs.size(), " inputs, the first of ", inputs[0].name);
  for (const ltw_fp8_input& input : inputs) {
    expect(input.name[0] != 0 && input.peak > 0.01f && input.peak < 1000, input.name, ": ", input.peak);
  }
  const std::vector<ltw_fp8_input> again = calibrate(tiny);
  for (size_t i = 0; i < inputs.size(); ++i) {
    expect(inputs[i].peak == again[i].peak, inputs[i].name, ": ", inputs[i].peak, ", then ", again[i].peak);
  }
  std::vector<ltw_fp8_input> wrong = inputs;
  wrong[3].name[5] = '?';
  expect(ltw_fp8_use(tiny.get(), wrong.data(), static_cast<int32_t>(wrong.size())) == LTW_INVALID_ARGUMENT,
         "another model's inputs are taken");
  expect(evaluate(tiny, 1) == before, "what was refused has changed the model");
  check(ltw_fp8_use(tiny.get(), inputs.data(), static_cast<int32_t>(inputs.size())));
  const std::vector<float> after = evaluate(tiny, 1);
  const double error = test::relative_error(after, before);
  // Rounding to four digits' bits is off by 2^-4 at most and 2.6 % in the mean square.
  expect(error > 1e-3 && error < 0.1, "fp8 is ", error, " from float16");
  const std::vector<float> many = evaluate(tiny, 5);
  for (size_t i = 0; i < after.size(); ++i)
    expect(after[i] == many[i], "a sample's bits depend on its batch");
  expect(ltw_fp8_use(tiny.get(), inputs.data(), static_cast<int32_t>(inputs.size())) == LTW_INVALID_ARGUMENT,
         "fp8 twice");
}

}  // namespace
}  // namespace ltw
