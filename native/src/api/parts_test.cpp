// The model's parts through the C interface: samples of a batch are their own, and a call is not the last
// one's.
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::expect;
using test::expect_status;
using test::TinyModel;
using test::Values;

constexpr int32_t kTokens = 7, kWidth = 32;

// Different for every `seed`.
Values wave(int64_t count, double seed) {
  Values values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(std::sin(0.37 * static_cast<double>(i * i % 1013) + seed)));
  }
  return values;
}

std::vector<int32_t> ids(int32_t count) {
  std::vector<int32_t> all;
  for (int32_t i = 0; i < count * kTokens; ++i) all.push_back(i * 13 % 100);
  return all;
}

Values states_of(const TinyModel& tiny, const std::vector<int32_t>& prompts, int32_t clip_skip) {
  const auto count = static_cast<int32_t>(prompts.size()) / kTokens;
  Values states(static_cast<size_t>(count * kTokens * kWidth));
  check(ltw_text_encode(tiny.get(), prompts.data(), count, clip_skip, states.data()));
  return states;
}

Values unet(const TinyModel& tiny, int32_t n, int32_t h, int32_t w, int32_t tokens, const Values& x,
            const Values& timesteps, const Values& context) {
  Values out(x.size());
  check(ltw_unet(tiny.get(), n, h, w, tokens, x.data(), timesteps.data(), context.data(), out.data()));
  return out;
}

Values encoded(const TinyModel& tiny, int32_t n, int32_t h, int32_t w, const Values& image) {
  Values mean(static_cast<size_t>(n * 4 * h * w / 4)), logvar(mean.size());
  check(ltw_vae_encode(tiny.get(), n, h, w, image.data(), mean.data(), logvar.data()));
  expect(mean != logvar, "means are log variances");
  mean.insert(mean.end(), logvar.begin(), logvar.end());
  return mean;
}

Values decoded(const TinyModel& tiny, int32_t n, int32_t h, int32_t w, const Values& z) {
  Values image(static_cast<size_t>(n * 3 * 4 * h * w));
  check(ltw_vae_decode(tiny.get(), n, h, w, z.data(), image.data()));
  return image;
}

// Part `i` of `n`.
Values part(const Values& values, int32_t i, int32_t n) {
  const auto size = static_cast<std::ptrdiff_t>(values.size()) / n;
  return {values.begin() + i * size, values.begin() + (i + 1) * size};
}

LTW_OP_TEST(samples_of_a_part_are_their_own) {
  const TinyModel tiny(test::device_of(t));
  const Values x = wave(2 * 4 * 8 * 12, 1), steps{900, 20}, context = wave(2 * kTokens * kWidth, 2);
  const Values image = wave(2 * 3 * 16 * 24, 3);
  const std::vector<int32_t> prompts = ids(2);
  const Values states = states_of(tiny, prompts, 1), eps = unet(tiny, 2, 8, 12, kTokens, x, steps, context);
  const Values moments = encoded(tiny, 2, 16, 24, image), picture = decoded(tiny, 2, 8, 12, x);
  for (int32_t i = 0; i < 2; ++i) {
    // On the CPU the order of additions may follow the number of samples.
    const auto expect_close = [&](const Values& got, const Values& expected, const char* what) {
      const double error = test::relative_error(got, expected);
      expect(error < 1e-5, what, ": sample ", i, " of two is ", error, " from itself alone");
    };
    const std::vector<int32_t> own(prompts.begin() + i * kTokens, prompts.begin() + (i + 1) * kTokens);
    expect_close(part(states, i, 2), states_of(tiny, own, 1), "text");
    expect_close(part(eps, i, 2),
                 unet(tiny, 1, 8, 12, kTokens, part(x, i, 2), {steps[i]}, part(context, i, 2)), "unet");
    const Values alone = encoded(tiny, 1, 16, 24, part(image, i, 2));
    expect_close(part(moments, i, 4), part(alone, 0, 2), "means");
    expect_close(part(moments, 2 + i, 4), part(alone, 1, 2), "log variances");
    expect_close(part(picture, i, 2), decoded(tiny, 1, 8, 12, part(x, i, 2)), "picture");
  }
}

LTW_OP_TEST(a_part_is_planned_anew_for_another_shape) {
  const char* device = test::device_of(t);
  const TinyModel tiny(device);
  const Values x = wave(4 * 8 * 12, 1), context = wave(9 * kWidth, 2), image = wave(3 * 16 * 24, 3);
  const std::function<Values(const TinyModel&)> calls[] = {
      [&](const TinyModel& m) { return states_of(m, ids(1), 1); },
      [&](const TinyModel& m) { return states_of(m, ids(1), 2); },
      [&](const TinyModel& m) { return unet(m, 1, 8, 12, 7, x, {500}, context); },
      [&](const TinyModel& m) { return unet(m, 1, 12, 8, 7, x, {500}, context); },
      [&](const TinyModel& m) { return unet(m, 1, 12, 8, 9, x, {500}, context); },
      [&](const TinyModel& m) { return encoded(m, 1, 16, 24, image); },
      [&](const TinyModel& m) { return encoded(m, 1, 24, 16, image); },
      [&](const TinyModel& m) { return decoded(m, 1, 8, 12, x); },
      [&](const TinyModel& m) { return decoded(m, 1, 12, 8, x); },
  };
  std::vector<Values> results;
  for (const auto& call : calls) results.push_back(call(tiny));
  for (size_t i = 0; i < results.size(); ++i) {
    test::expect_same_bits(results[i], calls[i](TinyModel(device)), text("call ", i, " on a new model"));
    for (size_t j = 0; j < i; ++j)
      expect(results[i] != results[j], "calls ", j, " and ", i, " give the same");
  }
}

LTW_OP_TEST(sampling_takes_its_noise_draw_by_draw) {
  const TinyModel tiny(test::device_of(t));
  constexpr int64_t kLatent = 4 * 8 * 8;
  const ltw_sample_config config{2, 8, 8, LTW_EULER_ANCESTRAL, LTW_KARRAS, 3, 3, 3.0, 0};
  const Values context = wave(2 * kTokens * kWidth, 1), uncond = wave(2 * kTokens * kWidth, 2);
  const Values start = wave(2 * kLatent, 3), noise = wave(2 * 2 * kLatent, 4);
  const auto sample = [&](const Values& step_noise, int32_t draws, Values& latents) {
    latents = start;
    return ltw_sample(tiny.get(), &config, context.data(), uncond.data(), step_noise.data(), draws,
                      latents.data());
  };
  Values other = noise, one, two;
  for (int64_t i = 2 * kLatent; i < 3 * kLatent; ++i) other[i] += 1;  // the second draw of the first sample
  check(sample(noise, 2, one));
  check(sample(other, 2, two));
  expect(part(one, 0, 2) != part(two, 0, 2), "the second draw is not looked at");
  test::expect_same_bits(part(one, 1, 2), part(two, 1, 2), "the second sample");
  expect_status(sample(noise, 1, one), LTW_INVALID_ARGUMENT, "two draws of one");
  test::expect_same_bits(one, start, "latents after an error");
}

}  // namespace
}  // namespace ltw
