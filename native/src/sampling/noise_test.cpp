#include "sampling/noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "op_fixture.h"
#include "ops/philox.h"

namespace ltw {
namespace {

using test::expect;
using enum Generator;

struct Statistics {
  double mean, deviation;
};

Statistics statistics(const std::vector<float>& values) {
  const double size = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (double value : values) sum += value;
  for (double value : values) squares += (value - sum / size) * (value - sum / size);
  return {sum / size, std::sqrt(squares / (size - 1))};
}

double distance(std::span<const float> a, std::span<const float> b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double(a[i]) - b[i]));
  return largest;
}

// From the reference vectors randn.* of cases.safetensors: torch draws 1x4x8x8, 1x4x64x64 and 1x4x64x96 in
// turn after manual_seed; the first two and the last two values, mean and standard deviation of each.
struct Drawn {
  Generator generator;
  uint64_t seed;
  int draw;
  std::vector<float> first, last;
  double mean, deviation;
};
const Drawn kDrawn[] = {
    {kTorchCuda, 0, 0, {-0.924662411, -0.425344229}, {3.31564736, -0.846660435}, -0.0784541145, 0.993944228},
    {kTorchCuda, 0, 1, {0.18082583, -0.552262783}, {-0.117374077, -1.44435883}, 0.000848236727, 1.00311613},
    {kTorchCuda, 0, 2, {2.54409719, -0.716348886}, {0.550808012, 0.510384202}, 0.0089770304, 1.00126469},
    {kTorchCuda, 42, 0, {0.194018796, 2.16137362}, {0.789278984, -1.80097234}, -0.0297720116, 0.934429109},
    {kTorchCuda, 42, 1, {0.139137551, -0.108216636}, {-2.35917306, 0.34670788}, -6.23100204e-05, 1.00200021},
    {kTorchCuda, 42, 2, {-0.518748641, 1.226758}, {-0.204111218, 0.169432595}, 0.00226831646, 0.999227941},
    {kTorchCuda, ~0u, 0, {-0.0341585204, 0.390445083}, {0.597553372, 0.0877366811}, 0.0425429493, 1.03948402},
    {kTorchCuda, ~0u, 1, {-0.875340283, 0.450502694}, {-2.27033114, -0.616697729}, 0.0104199164, 1.00466561},
    {kTorchCuda, ~0u, 2, {-0.20758836, 0.096062921}, {0.752756417, 0.0686784387}, -0.0074113328, 0.991502762},
    {kTorchCpu, 0, 0, {-1.12583983, -1.1523602}, {1.90285647, 0.39039579}, 0.0257424898, 0.940734804},
    {kTorchCpu, 0, 1, {-0.039372541, -0.801472187}, {0.5993523, -0.765648067}, -0.00800214428, 1.00613701},
    {kTorchCpu, 0, 2, {-0.727871776, 0.845516503}, {-0.0679246038, 0.438518018}, -0.0100582754, 0.999079943},
    {kTorchCpu, 42, 0, {1.92691529, 1.48728406}, {0.505791724, 0.222453654}, 0.0630417019, 0.988765299},
    {kTorchCpu, 42, 1, {-0.685481608, 0.563558996}, {-1.0844065, -0.165268123}, 0.0095501896, 1.00416064},
    {kTorchCpu, 42, 2, {-0.769350588, 0.794495881}, {0.571019053, 1.37020719}, -0.005046329, 1.00766194},
    {kTorchCpu, ~0u, 0, {-2.66429758, -1.0910486}, {0.442483753, 0.750249445}, 0.0521899126, 1.01925659},
    {kTorchCpu, ~0u, 1, {0.27303037, -0.165614814}, {0.349396825, 1.21190464}, 0.0106700193, 1.00119877},
    {kTorchCpu, ~0u, 2, {1.05698538, 0.431934506}, {-0.911667645, 0.424036533}, 0.0090572536, 1.00411391},
};
constexpr size_t kSizes[] = {4 * 8 * 8, 4 * 64 * 64, 4 * 64 * 96};

LTW_TEST(noise_is_torchs) {
  for (const Drawn& drawn : kDrawn) {
    NoiseSource source(drawn.generator, drawn.seed);
    std::vector<float> values;
    for (int i = 0; i <= drawn.draw; ++i) source.draw(values = std::vector<float>(kSizes[i]));
    const std::span<const float> all(values);
    const Statistics found = statistics(values);
    // The GPU's sine is an approximation; torch's on the CPU rounds within an ulp or two.
    const double error = std::max(distance(drawn.first, all.first(2)), distance(drawn.last, all.last(2)));
    expect(error <= 1e-6, "seed ", drawn.seed, ", draw ", drawn.draw, ": values off by ", error);
    expect(std::abs(found.mean - drawn.mean) < 1e-6 && std::abs(found.deviation - drawn.deviation) < 1e-6,
           "seed ", drawn.seed, ", draw ", drawn.draw, ": mean ", found.mean, ", deviation ",
           found.deviation);
  }
}

// torch.randn(5), (2), (16), (21), (3), (40) in turn after torch.manual_seed(7).
const std::vector<std::vector<float>> kShortDraws = {
    {-0.146795094, 0.786141276, 0.94682163, -1.114344, 1.69079018},
    {-0.894827902, -0.355625033},
    {-1.58266461, -0.324566633, 1.92636812, -0.330011725, 0.198445052, 0.782072663, 1.03910768, -0.724510729,
     -0.209340423, -0.215341523, -1.81572866, -0.345241964, -2.0614779, 0.674100697, -1.32334578,
     -1.35976899},
    {-0.0835282281, -0.0234779324, 0.174375355, 2.2983427,    0.95710218,   -1.06055498,  -0.30899629,
     0.934288204,   -0.38211593,   -1.16689408, 0.363575846,  -0.315641105, -0.532078862, -0.382184327,
     -0.355266035,  0.754192531,   0.690124393, -0.144261837, 1.61204672,   1.56712377,   -0.938839138},
    {1.23238575, -0.348507017, 1.02603054},
    {0.59890002,   -0.637667775, -2.28581882,  -0.367664158,  -0.882180989, 0.546012044,  0.148512125,
     -2.25778222,  0.391745478,  0.746980846,  1.37977231,    1.28771985,   0.868438065,  -1.38219845,
     -0.963228583, -0.398458838, 1.7674973,    -0.0831893682, 0.508705795,  1.1178118,    1.12857127,
     0.141598508,  -0.545822978, -0.536822438, -0.314439774,  0.625961959,  0.0908063725, -0.585956633,
     -0.4895868,   0.639797628,  0.609412551,  -0.383831501,  1.15645266,   -1.21067238,  0.507146001,
     -0.431063622, 0.613256574,  0.283025891,  1.1854521,     -1.29796457},
};

LTW_TEST(noise_of_short_and_odd_sizes_is_torchs) {
  NoiseSource source(kTorchCpu, 7);
  for (const auto& expected : kShortDraws) {
    std::vector<float> values(expected.size());
    source.draw(values);
    const double error = distance(values, expected);
    expect(error <= 1e-6, "draw of ", expected.size(), " values is off by ", error);
  }
}

// Known answers of Salmon et al.'s Random123.
LTW_TEST(philox_known_answers) {
  expect(philox({0, 0, 0, 0}, 0) == PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, "of zeros");
  expect(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
             PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
         "of the digits of pi");
}

// The reference draws once more, into latents whose channels come last; a GPU's sine is the GPU's.
LTW_OP_TEST(noise_into_latents_is_torchs) {
  const Shape shapes[] = {{1, 8, 8, 4}, {1, 64, 64, 4}, {1, 64, 96, 4}};
  const bool gpu = t.backend().device() == DeviceKind::kCuda;
  for (const Drawn& drawn : kDrawn) {
    if (drawn.generator != kTorchCuda) continue;
    const Shape& shape = shapes[drawn.draw];
    const test::Placed latent = t.output(shape, DType::kF32);
    const std::vector<float> values = t.run(latent, [&](Context& ctx) {
      NoiseSource source(kTorchCuda, drawn.seed);
      for (int i = 0; i < drawn.draw; ++i) {
        std::vector<float> before(kSizes[i]);
        source.draw(before);
      }
      source.draw(latent, ctx);
    });
    std::vector<float> planar(values.size());
    const size_t pixels = static_cast<size_t>(shape[1] * shape[2]);
    for (size_t i = 0; i < values.size(); ++i) planar[i % 4 * pixels + i / 4] = values[i];
    const std::span<const float> all(planar);
    const double error = std::max(distance(drawn.first, all.first(2)), distance(drawn.last, all.last(2)));
    expect(error <= (gpu ? 0 : 1e-6), "seed ", drawn.seed, ", draw ", drawn.draw, ": values off by ", error);
    NoiseSource source(kTorchCuda, drawn.seed);
    std::vector<float> host;
    for (int i = 0; i <= drawn.draw; ++i) source.draw(host = std::vector<float>(kSizes[i]));
    expect(distance(planar, host) <= (gpu ? 1e-6 : 0), "off the host's by ", distance(planar, host));
  }
  NoiseSource cpu(kTorchCpu, 1);
  const test::Placed latent = t.output(shapes[0], DType::kF32);
  Arena none;
  Context ctx = Context::immediate(t.backend(), none);
  test::expect_refused([&] { cpu.draw(latent, ctx); }, "the CPU's generator on a device");
}

LTW_TEST(noise_keeps_the_upper_half_of_a_cuda_seed) {
  std::vector<float> low(64), high(64);
  NoiseSource(kTorchCuda, 5).draw(low);
  NoiseSource(kTorchCuda, (uint64_t{1} << 32) + 5).draw(high);
  expect(distance(low, high) > 0.1, "seeds that differ above 32 bits draw the same");
}

std::vector<float> mixed(const std::vector<float>& from, const std::vector<float>& to, double weight) {
  const Slerp factors = slerp(from, to, weight);
  std::vector<float> values;
  for (size_t i = 0; i < from.size(); ++i) {
    values.push_back(static_cast<float>(factors.from * from[i] + factors.to * to[i]));
  }
  return values;
}

LTW_TEST(slerp_of_noise) {
  std::vector<float> from(16384), to(16384);
  NoiseSource(kTorchCuda, 1).draw(from);
  NoiseSource(kTorchCuda, 2).draw(to);

  expect(distance(mixed(from, to, 0), from) < 1e-6, "weight 0 is the first noise");
  expect(distance(mixed(from, to, 1), to) < 1e-6, "weight 1 is the second noise");
  expect(std::abs(statistics(mixed(from, to, 0.5)).deviation - 1) < 0.01, "half way the noise is weaker");

  // On the unit circle weights are angles.
  const std::vector<float> east = {2, 0}, north = {0, 2};
  const std::vector<float> third = {2 * std::cos(float(std::numbers::pi) / 6), 1};
  expect(distance(mixed(east, north, 1. / 3), third) < 1e-6, "a third of the way from east to north");

  // Linear from |cos| of 0.9995 on only: angles of 0.04 are still angles.
  for (const double angle : {0.03, 0.04}) {
    const Slerp factors =
        slerp(east, std::vector<float>{std::cos(float(angle)), std::sin(float(angle))}, 0.5);
    const double expected = angle < 0.035 ? 0.5 : 0.5 / std::cos(angle / 2);
    expect(std::abs(factors.from - expected) < 1e-6, "an angle of ", angle, ": ", factors.from);
  }

  // Nearly parallel, and nothing: linear.
  const std::vector<float> same = {1, 1}, longer = {3, 3}, zero = {0, 0};
  const std::vector<float> between = {1.5f, 1.5f};
  expect(distance(mixed(same, longer, 0.25), between) < 1e-6, "parallel vectors");
  expect(distance(mixed(zero, longer, 0.5), between) < 1e-6, "from nothing");
}

}  // namespace
}  // namespace ltw
