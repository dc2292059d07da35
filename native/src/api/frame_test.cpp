// A frame put together from the parts, one by one and in plain loops, as the literature and Deforum have it.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::expect;
using test::TinyModel;
using Values = std::vector<double>;

constexpr int32_t kSize = 16, kSide = kSize / 2, kTokens = 7, kWidth = 32, kKeys = 3, kSteps = 4;
constexpr int64_t kLatent = 4 * kSide * kSide, kPicture = 3 * kSize * kSize;

// One of few pictures that differ in every way that a frame can.
struct Render {
  const char* name;
  int32_t prediction = LTW_EPSILON, generator = LTW_TORCH_CUDA, clip_skip = 1, bits = 8, run_steps = kSteps;
  double guidance = 4;
  int32_t sampler = LTW_EULER;  // or LTW_EULER_ANCESTRAL, LTW_DDIM
  bool init = false;
};

std::vector<float> narrow(const Values& values) { return {values.begin(), values.end()}; }
Values wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

// a x + b y
Values sum(double a, const Values& x, double b, const Values& y) {
  Values all;
  for (size_t i = 0; i < x.size(); ++i) all.push_back(a * x[i] + b * y[i]);
  return all;
}

double dot(const Values& x, const Values& y) {
  double all = 0;
  for (size_t i = 0; i < x.size(); ++i) all += x[i] * y[i];
  return all;
}

class Frames {
 public:
  Frames(const char* device, const Render& render) : render_(render), tiny_(device, model_of(render)) {
    for (int32_t i = 0; i < kKeys * kTokens; ++i) {
      prompts_.push_back(i * 11 % 100);
      negatives_.push_back(i * 7 % 50);
    }
    for (int64_t i = 0; i < kPicture; ++i) init_.push_back(static_cast<uint8_t>(i * i * 7 / 5));
  }

  // The engine's, 0..1.
  Values rendered(const ltw_frame& frame) const {
    ltw_render_config c{};
    c.width = c.height = kSize;
    c.sampler = render_.sampler;
    c.steps = kSteps, c.run_steps = render_.run_steps;
    c.guidance_scale = render_.guidance;
    c.generator = render_.generator, c.clip_skip = render_.clip_skip, c.bits = render_.bits;
    c.batch = 1, c.key_count = kKeys;
    c.prompt_ids = prompts_.data(), c.negative_ids = negatives_.data(), c.seeds = seeds_;
    c.init_rgb = render_.init ? init_.data() : nullptr;
    ltw_job* job = nullptr;
    check(ltw_job_create(tiny_.get(), &c, &job));
    const std::unique_ptr<ltw_job, decltype(&ltw_job_destroy)> owner(job, ltw_job_destroy);
    check(ltw_job_submit(job, &frame, 1));
    const int64_t bytes = render_.bits / 8;
    std::vector<unsigned char> pixels(static_cast<size_t>(kPicture * bytes));
    check(ltw_job_collect(job, pixels.data(), kPicture * bytes));
    Values values;
    for (int64_t i = 0; i < kPicture; ++i) {
      uint16_t deep = 0;
      std::memcpy(&deep, &pixels[static_cast<size_t>(i * bytes)], static_cast<size_t>(bytes));
      values.push_back(deep / (bytes == 1 ? 255.0 : 65025.0));
    }
    return values;
  }

  // What the parts make of it, 0..1.
  Values composed(const ltw_frame& frame) const {
    const Values context = between(frame, prompts_), uncond = between(frame, negatives_);
    const Walk walk = render_.sampler == LTW_DDIM ? ddim_walk() : euler_walk();
    int draw = 0;
    Values x = noise(frame, draw++);
    for (double& value : x) value *= walk.noise_scale;
    if (render_.init) x = sum(1, x, walk.init_scale, init_latent(frame));
    for (size_t i = 0; i < walk.timesteps.size(); ++i) {
      const double sigma = walk.sigmas[i], next = walk.sigmas[i + 1], timestep = walk.timesteps[i];
      Values denoised = denoise(x, sigma, timestep, context);
      if (render_.guidance != 1) {
        const double scale = render_.guidance;
        denoised = sum(1 - scale, denoise(x, sigma, timestep, uncond), scale, denoised);
      }
      const bool ancestral = render_.sampler == LTW_EULER_ANCESTRAL;
      const double up = ancestral ? next * std::sqrt(sigma * sigma - next * next) / sigma : 0;
      const double down = std::sqrt(next * next - up * up);
      x = sum(down / sigma, x, 1 - down / sigma, denoised);
      if (up > 0) x = sum(1, x, up, noise(frame, draw++));
    }
    for (double& value : x) value *= walk.end_scale;
    return picture(x);
  }

 private:
  // The levels that a latent of clean + sigma * noise goes down; what it starts from, and what comes out.
  struct Walk {
    std::vector<double> timesteps, sigmas;
    double init_scale, noise_scale, end_scale;
  };

  // The last run_steps of as many timesteps, equally far apart, down to no noise.
  Walk euler_walk() const {
    std::vector<double> sigmas(kSteps + 1), timesteps;
    check(ltw_sigmas(tiny_.get(), LTW_COMPVIS, kSteps, sigmas.data()));
    const int32_t first = kSteps - render_.run_steps;
    for (int32_t i = first; i < kSteps; ++i) timesteps.push_back(999 * (1 - i / (kSteps - 1.0)));
    return {timesteps, {sigmas.begin() + first, sigmas.end()}, 1, sigmas[first], 1};
  }

  // CompVis': latents are sqrt(alpha_bar) of those here; an init latent is noised to the level above the
  // first step's; the last step ends at timestep 0.
  Walk ddim_walk() const {
    const ltw_model_config model = test::tiny_config();
    std::vector<double> alphas;
    for (int t = 0; t < 1000; ++t) {
      const double root = std::lerp(std::sqrt(model.beta_start), std::sqrt(model.beta_end), t / 999.0);
      alphas.push_back((alphas.empty() ? 1 : alphas.back()) * (1 - root * root));
    }
    Walk walk{};
    for (int step = render_.run_steps - 1; step >= 0; --step) walk.timesteps.push_back(1 + 250 * step);
    const auto sigma = [&](double t) { return std::sqrt(1 / alphas[static_cast<size_t>(t)] - 1); };
    for (const double t : walk.timesteps) walk.sigmas.push_back(sigma(t));
    walk.sigmas.push_back(sigma(0));
    const auto at = [&](int step) { return alphas[static_cast<size_t>(1 + 250 * step)]; };
    const double first = at(render_.run_steps - 1), above = at(render_.run_steps);
    walk.init_scale = std::sqrt(above / first);
    walk.noise_scale = std::sqrt((1 - above) / first);
    walk.end_scale = std::sqrt(alphas[0]);
    return walk;
  }

  static ltw_model_config model_of(const Render& render) {
    ltw_model_config config = test::tiny_config();
    config.prediction = render.prediction;
    return config;
  }

  Values between(const ltw_frame& frame, const std::vector<int32_t>& ids) const {
    const auto encoded = [&](int32_t key) {
      std::vector<float> states(kTokens * kWidth);
      check(ltw_text_encode(tiny_.get(), &ids[static_cast<size_t>(key * kTokens)], 1, render_.clip_skip,
                            states.data()));
      return wide(states);
    };
    return sum(1 - frame.weight, encoded(frame.from_key), frame.weight, encoded(frame.to_key));
  }

  // Draw `draw` of a latent's size.
  static Values drawn(int32_t generator, uint64_t seed, int draw) {
    const std::vector<int64_t> counts(static_cast<size_t>(draw) + 1, kLatent);
    std::vector<float> values(static_cast<size_t>(kLatent * (draw + 1)));
    check(ltw_randn(generator, seed, counts.data(), draw + 1, values.data()));
    return wide({values.end() - kLatent, values.end()});
  }

  Values slerped(const ltw_frame& frame, int32_t generator, int draw) const {
    const uint64_t from = seeds_[frame.from_key], to = seeds_[frame.to_key];
    const Values a = drawn(generator, from, draw), b = drawn(generator, to, draw);
    if (from == to) return a;
    const double angle = std::acos(dot(a, b) / std::sqrt(dot(a, a) * dot(b, b)));
    return sum(std::sin((1 - frame.weight) * angle) / std::sin(angle), a,
               std::sin(frame.weight * angle) / std::sin(angle), b);
  }

  // The posterior's draw comes from the CPU's generator and before all others, then one is thrown away.
  Values noise(const ltw_frame& frame, int draw) const {
    const int before = !render_.init ? 0 : render_.generator == LTW_TORCH_CPU ? 2 : 1;
    return slerped(frame, render_.generator, before + draw);
  }

  Values init_latent(const ltw_frame& frame) const {
    std::vector<float> image(kPicture), mean(kLatent), logvar(kLatent);
    for (size_t i = 0; i < image.size(); ++i) {
      image[i % 3 * kSize * kSize + i / 3] = static_cast<float>(init_[i] / 127.5 - 1);
    }
    check(ltw_vae_encode(tiny_.get(), 1, kSize, kSize, image.data(), mean.data(), logvar.data()));
    Values latent = slerped(frame, LTW_TORCH_CPU, 0);
    for (size_t i = 0; i < latent.size(); ++i) {
      latent[i] = test::tiny_config().vae_scaling_factor * (mean[i] + std::exp(logvar[i] / 2) * latent[i]);
    }
    return latent;
  }

  // The network's estimate of the clean latent (Karras et al. 2022; Salimans & Ho 2022 for the velocity).
  Values denoise(const Values& x, double sigma, double timestep, const Values& context) const {
    const double unit = 1 / std::hypot(1, sigma);
    const std::vector<float> from = narrow(sum(unit, x, 0, x)), states = narrow(context);
    const float at = static_cast<float>(timestep);
    std::vector<float> out(kLatent);
    check(ltw_unet(tiny_.get(), 1, kSide, kSide, kTokens, from.data(), &at, states.data(), out.data()));
    if (render_.prediction == LTW_EPSILON) return sum(1, x, -sigma, wide(out));
    return sum(unit * unit, x, -sigma * unit, wide(out));
  }

  // As pixels lie, row after row.
  Values picture(const Values& x) const {
    const std::vector<float> z = narrow(sum(1 / test::tiny_config().vae_scaling_factor, x, 0, x));
    std::vector<float> image(kPicture);
    check(ltw_vae_decode(tiny_.get(), 1, kSide, kSide, z.data(), image.data()));
    Values pixels;
    for (size_t i = 0; i < image.size(); ++i) {
      pixels.push_back(std::clamp((image[i % 3 * kSize * kSize + i / 3] + 1) / 2.0, 0.0, 1.0));
    }
    return pixels;
  }

  const Render render_;
  const TinyModel tiny_;
  std::vector<int32_t> prompts_, negatives_;
  std::vector<uint8_t> init_;
  const uint64_t seeds_[kKeys] = {5, 5, 6};
};

LTW_OP_TEST(a_frame_is_what_its_parts_make) {
  if (t.type() == DType::kF32 && t.backend().device() != DeviceKind::kCpu) return;
  const Render renders[] = {
      {.name = "plain"},
      {.name = "deep", .clip_skip = 2, .bits = 16},
      {.name = "unguided", .generator = LTW_TORCH_CPU, .guidance = 1},
      {.name = "velocity", .prediction = LTW_V_PREDICTION, .sampler = LTW_EULER_ANCESTRAL},
      {.name = "init", .run_steps = 3, .sampler = LTW_EULER_ANCESTRAL, .init = true},
      {.name = "init, CPU noise",
       .generator = LTW_TORCH_CPU,
       .run_steps = 2,
       .sampler = LTW_EULER_ANCESTRAL,
       .init = true},
      {.name = "init, ddim", .run_steps = 2, .sampler = LTW_DDIM, .init = true},
  };
  // In levels of 255, in the mean: float32 leaves a thousandth; float16 what guidance makes of it.
  const double tolerance = t.type() == DType::kF32 ? 0.02 : 2;
  for (const Render& render : renders) {
    const Frames frames(test::device_of(t), render);
    for (const ltw_frame& frame : {ltw_frame{0, 1, 0.25}, {1, 2, 0.75}}) {
      const Values got = frames.rendered(frame), expected = frames.composed(frame);
      const double level = render.bits == 8 ? 1 / 255.0 : 1 / 65025.0;
      double apart = 0;
      for (size_t i = 0; i < got.size(); ++i) {
        const double truncated = std::floor(expected[i] / level) * level;
        apart += 255 * std::abs(got[i] - truncated) / static_cast<double>(got.size());
      }
      expect(apart < tolerance, render.name, ": frame ", frame.from_key, " is ", apart,
             " levels of 255 apart");
    }
  }
}

}  // namespace
}  // namespace ltw
