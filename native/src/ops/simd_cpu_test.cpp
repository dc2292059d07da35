#include "ops/simd_cpu.h"

#include <limits>

#include "selftest.h"

namespace ltw::cpu {
namespace {

using test::expect;

// Calls body(x) for steps over [-limit, limit].
template <typename Body>
void sweep(double limit, const Body& body) {
  constexpr int kSteps = 200001;
  for (int i = 0; i < kSteps; ++i) body(static_cast<float>(limit * (2.0 * i / (kSteps - 1) - 1)));
}

LTW_TEST(exp_of_negative_is_accurate) {
  sweep(87, [](float x) {
    if (x > 0) return;
    const double exact = std::exp(static_cast<double>(x));
    const double error = std::fabs(exp_of_negative(x) - exact) / exact;
    expect(error <= 1.2e-7, "e^", x, " is off by ", error);
  });
  expect(exp_of_negative(-1000.0f) == exp_of_negative(-87.0f), "e^-1000 is not that of the bound");
  expect(exp_of_negative(-std::numeric_limits<float>::infinity()) == exp_of_negative(-87.0f), "e^-infinity");
  expect(std::isnan(exp_of_negative(std::numeric_limits<float>::quiet_NaN())), "e^NaN is a number");
}

LTW_TEST(activations_are_accurate) {
  sweep(30, [](float x) {
    const double wide = x, exact_silu = wide / (1 + std::exp(-wide));
    const double exact_gelu = 0.5 * wide * std::erfc(-wide / std::sqrt(2.0));
    // Some roundings; for gelu also what its polynomial's sum cancels, and its error: 1.5e-7 / 2 of |x|.
    expect(std::fabs(silu(x) - exact_silu) <= 2e-7 * std::fabs(x), "silu of ", x);
    expect(std::fabs(gelu(x) - exact_gelu) <= 4e-7 * std::fabs(x), "gelu of ", x);
  });
}

LTW_TEST(ordered_keeps_the_order) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float ascending[] = {-infinity, -3e38f, -1.5f, -1e-40f, 0.0f, 1e-40f, 1.0f, 3e38f, infinity};
  for (size_t i = 1; i < std::size(ascending); ++i) {
    expect(ordered(ascending[i - 1]) < ordered(ascending[i]), ascending[i], " is not above the one before");
    expect(from_ordered(ordered(ascending[i])) == ascending[i], ascending[i], " does not come back");
  }
}

}  // namespace
}  // namespace ltw::cpu
