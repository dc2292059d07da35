#include <cmath>
#include <vector>

#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::expect;
using test::Values;

struct Results {
  Values eps, image, mean;
};

Results results_of(const char* device, uint64_t seed, const Values& noise) {
  const test::TinyModel tiny(device, test::tiny_config(), seed);
  Results r{Values(4 * 8 * 8), Values(3 * 16 * 16), Values(4 * 8 * 8)};
  Values logvar(4 * 8 * 8);
  const float timestep = 500;
  check(ltw_unet(tiny.get(), 1, 8, 8, 7, noise.data(), &timestep, noise.data(), r.eps.data()));
  check(ltw_vae_decode(tiny.get(), 1, 8, 8, noise.data(), r.image.data()));
  check(ltw_vae_encode(tiny.get(), 1, 16, 16, noise.data(), r.mean.data(), logvar.data()));
  return r;
}

void expect_of_order_one(const Values& values, const char* what) {
  double squares = 0;
  for (const float value : values) {
    expect(std::isfinite(value), what, ": ", value);
    squares += value * value;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
  expect(deviation > 0.05 && deviation < 5, what, ": deviation ", deviation);
}

LTW_OP_TEST(random_models) {
  const char* device = test::device_of(t);
  Values noise(3 * 16 * 16);
  const int64_t count = static_cast<int64_t>(noise.size());
  check(ltw_randn(LTW_TORCH_CPU, 1, &count, 1, noise.data()));
  const Results first = results_of(device, 7, noise), again = results_of(device, 7, noise);
  const Results other = results_of(device, 8, noise);
  const auto compare = [](const Values& a, const Values& b, const Values& c, const char* what) {
    expect_of_order_one(a, what);
    test::expect_same_bits(a, b, what);
    expect(a != c, what, ": two seeds, one result");
  };
  compare(first.eps, again.eps, other.eps, "UNet");
  compare(first.image, again.image, other.image, "VAE decoder");
  compare(first.mean, again.mean, other.mean, "VAE encoder");
  if (t.backend().device() == DeviceKind::kCuda) {
    // The same weights as on the CPU: other ones would be off by the whole.
    const Values cpu = results_of("cpu", 7, noise).image;
    for (size_t i = 0; i < cpu.size(); ++i) {
      expect(std::abs(cpu[i] - first.image[i]) < 0.05, "VAE decoder: ", first.image[i], " where the CPU has ",
             cpu[i]);
    }
  }
}

}  // namespace
}  // namespace ltw
