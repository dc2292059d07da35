// What callers get wrong is answered with a status and one line; nothing is written, nothing crashes.
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::expect;
using test::expect_status;
using test::TinyModel;

constexpr int32_t kSize = 16, kTokens = 7, kHuge = std::numeric_limits<int32_t>::max();

void expect_refused(ltw_status status, const std::string& named) {
  expect_status(status, LTW_INVALID_ARGUMENT, named);
  const std::string message = ltw_last_error();
  expect(message.find(named) != std::string::npos, "'", named, "' is not in: ", message);
  expect(message.find('\n') == std::string::npos, message);
}

LTW_TEST(configs_that_no_model_has_are_refused) {
  struct Mistake {
    const char* named;
    std::function<void(ltw_model_config&)> make;
  };
  const double nan = std::nan("");
  const Mistake mistakes[] = {
      {"unet_blocks: 0", [](auto& c) { c.unet_blocks = 0; }},
      {"vae_blocks: 9", [](auto& c) { c.vae_blocks = 9; }},
      {"-1 where 1 or more", [](auto& c) { c.text_layers = -1; }},
      {"text_heads", [](auto& c) { c.text_heads = 5; }},
      {"unet_block_channels[1]: 60", [](auto& c) { c.unet_block_channels[1] = 60; }},
      {"unet_block_channels[1]: 0", [](auto& c) { c.unet_block_channels[1] = 0; }},
      {"unet_block_channels[0]: 25",
       [](auto& c) {
         // Its time features are pairs.
         c.unet_norm_groups = 5;
         for (int i = 0; i < 2; ++i) c.unet_block_channels[i] = 25, c.unet_heads[i] = 5;
       }},
      {"unet_heads[0]: 3", [](auto& c) { c.unet_heads[0] = 3; }},
      {"unet_heads[1]: 0", [](auto& c) { c.unet_heads[1] = 0; }},
      {"vae_block_channels[1]: 0", [](auto& c) { c.vae_block_channels[1] = 0; }},
      {"vae_block_channels[0]: -32", [](auto& c) { c.vae_block_channels[0] = -32; }},
      {"vae_block_channels[0]: 36", [](auto& c) { c.vae_block_channels[0] = 36; }},
      {"unet_in_channels, unet_out_channels: 9, 4", [](auto& c) { c.unet_in_channels = 9; }},
      {"unet_in_channels, unet_out_channels: 4, 8", [](auto& c) { c.unet_out_channels = 8; }},
      {"vae_in_channels: 4", [](auto& c) { c.vae_in_channels = 4; }},
      {"vae_out_channels: 1", [](auto& c) { c.vae_out_channels = 1; }},
      {"unet_context_size: 64", [](auto& c) { c.unet_context_size = 64; }},
      {"text_norm_eps: nan", [=](auto& c) { c.text_norm_eps = nan; }},
      {"unet_norm_eps: 0", [](auto& c) { c.unet_norm_eps = 0; }},
      {"vae_scaling_factor: 0", [](auto& c) { c.vae_scaling_factor = 0; }},
      {"text_activation: 2", [](auto& c) { c.text_activation = 2; }},
      {"prediction: -1", [](auto& c) { c.prediction = -1; }},
      {"train_timesteps: 1", [](auto& c) { c.train_timesteps = 1; }},
      {"betas", [=](auto& c) { c.beta_end = nan; }},
  };
  ltw_engine* engine = nullptr;
  check(ltw_engine_create("cpu", 0, &engine));
  const std::unique_ptr<ltw_engine, decltype(&ltw_engine_destroy)> owner(engine, ltw_engine_destroy);
  for (const Mistake& mistake : mistakes) {
    ltw_model_config config = test::tiny_config();
    mistake.make(config);
    ltw_model* model = nullptr;
    expect_refused(ltw_model_create_random(engine, &config, 1, &model), mistake.named);
    expect(model == nullptr, mistake.named, ": a model");
  }
}

// The first tensor that a model asks for, and how it can be wrong.
LTW_TEST(tensors_that_do_not_fit_are_named) {
  ltw_engine* engine = nullptr;
  check(ltw_engine_create("cpu", 0, &engine));
  const std::unique_ptr<ltw_engine, decltype(&ltw_engine_destroy)> owner(engine, ltw_engine_destroy);
  const ltw_model_config config = test::tiny_config();
  std::vector<float> values(100 * 32);
  const char* const name = "text_encoder.text_model.embeddings.token_embedding.weight";
  const ltw_tensor fits{name, LTW_F32, 2, {100, 32}, values.data()};
  const auto expect_wrong = [&](std::vector<ltw_tensor> tensors, const std::string& named) {
    ltw_model* model = nullptr;
    const auto count = static_cast<int64_t>(tensors.size());
    expect_refused(ltw_model_create(engine, &config, tensors.data(), count, &model), named);
    expect(model == nullptr, named, ": a model");
  };
  const auto with = [&](const auto& change) {
    ltw_tensor tensor = fits;
    change(tensor);
    return tensor;
  };
  expect_wrong({fits}, "no tensor 'text_encoder.text_model.embeddings.position_embedding.weight'");
  expect_wrong({fits, fits}, std::string(name) + "' is there twice");
  expect_wrong({with([](ltw_tensor& t) { t.shape[0] = 32, t.shape[1] = 100; })}, "has shape [32x100]");
  expect_wrong({with([](ltw_tensor& t) { t.shape[0] = -100; })}, "has shape [-100x32]");
  expect_wrong({with([](ltw_tensor& t) { t.rank = 5; })}, std::string(name) + "': rank 5");
  expect_wrong({with([](ltw_tensor& t) { t.dtype = 3; })}, "dtype: 3");
  expect_wrong({with([](ltw_tensor& t) { t.data = nullptr; })}, "tensors[0]");
  expect_wrong({with([](ltw_tensor& t) { t.name = nullptr; })}, "tensors[0]");
  values.back() = std::numeric_limits<float>::infinity();
  ltw_model* model = nullptr;
  expect_status(ltw_model_create(engine, &config, &fits, 1, &model), LTW_NOT_FINITE, "infinity");
  expect(std::string(ltw_last_error()).find(name) != std::string::npos, ltw_last_error());
}

// A render of one key.
struct Settings {
  std::vector<int32_t> ids = std::vector<int32_t>(kTokens);
  uint64_t seed = 1;
  ltw_render_config config{};

  Settings() {
    config.width = config.height = kSize;
    config.sampler = LTW_DDIM;
    config.steps = config.run_steps = 2;
    config.guidance_scale = 2;
    config.clip_skip = 1;
    config.bits = 8;
    config.batch = config.key_count = 1;
    config.prompt_ids = config.negative_ids = ids.data();
    config.seeds = &seed;
  }
};

LTW_TEST(renders_that_cannot_be_are_refused) {
  struct Mistake {
    const char* named;
    std::function<void(Settings&)> make;
  };
  const Mistake mistakes[] = {
      {"width: 15", [](Settings& s) { s.config.width = 15; }},
      {"height: 0", [](Settings& s) { s.config.height = 0; }},
      {"width: -16", [](Settings& s) { s.config.width = -16; }},
      {"sampler: 12", [](Settings& s) { s.config.sampler = 12; }},
      {"sigma_schedule: -1", [](Settings& s) { s.config.sigma_schedule = -1; }},
      {"steps: 0", [](Settings& s) { s.config.steps = 0; }},
      {"run_steps: 3", [](Settings& s) { s.config.run_steps = 3; }},
      {"run_steps: -1", [](Settings& s) { s.config.run_steps = -1; }},
      {"steps: 1001", [](Settings& s) { s.config.steps = 1001; }},  // more than ddim has
      {"ddim_eta: -0.5", [](Settings& s) { s.config.ddim_eta = -0.5; }},
      {"ddim_eta: nan", [](Settings& s) { s.config.ddim_eta = std::nan(""); }},
      {"generator: 2", [](Settings& s) { s.config.generator = 2; }},
      {"clip_skip: 0", [](Settings& s) { s.config.clip_skip = 0; }},
      {"clip_skip: 3", [](Settings& s) { s.config.clip_skip = 3; }},
      {"bits: 10", [](Settings& s) { s.config.bits = 10; }},
      {"batch: 0", [](Settings& s) { s.config.batch = 0; }},
      {"key_count: 0", [](Settings& s) { s.config.key_count = 0; }},
      {"must not be null", [](Settings& s) { s.config.seeds = nullptr; }},
      {"token id 100", [](Settings& s) { s.ids.back() = 100; }},
      {"token id -1", [](Settings& s) { s.ids.front() = -1; }},
  };
  const TinyModel tiny("cpu");
  for (const Mistake& mistake : mistakes) {
    Settings settings;
    mistake.make(settings);
    ltw_job* job = nullptr;
    expect_refused(ltw_job_create(tiny.get(), &settings.config, &job), mistake.named);
    expect(job == nullptr, mistake.named, ": a job");
  }
  Settings settings;
  ltw_job* job = nullptr;
  check(ltw_job_create(tiny.get(), &settings.config, &job));
  const std::unique_ptr<ltw_job, decltype(&ltw_job_destroy)> owner(job, ltw_job_destroy);
  for (const ltw_frame& frame :
       {ltw_frame{-1, 0, 0}, {0, 1, 0}, {0, 0, -0.1}, {0, 0, 1.1}, {0, 0, std::nan("")}}) {
    expect_refused(ltw_job_submit(job, &frame, 1), "frame");
  }
  const ltw_frame frame{0, 0, 0};
  expect_refused(ltw_job_submit(job, &frame, -1), "count: -1");
  check(ltw_job_submit(job, &frame, 1));
}

LTW_TEST(null_is_refused_wherever_something_is_needed) {
  const TinyModel tiny("cpu");
  Settings settings;
  std::vector<float> x(3 * kSize * kSize), y(3 * kSize * kSize);
  std::vector<double> sigmas(3);
  const int64_t size = 4;
  const ltw_sample_config sample{1, 8, 8, LTW_EULER_ANCESTRAL, 0, 2, 2, 2.0, 0};
  const auto model = tiny.get();
  float *a = x.data(), *b = y.data();
  ltw_job* job = nullptr;
  int32_t count = 0;
  const ltw_status statuses[] = {
      ltw_engine_create(nullptr, 0, nullptr),
      ltw_engine_create("cpu", 0, nullptr),
      ltw_engine_create("cpu", -1, nullptr),
      ltw_engine_stats(nullptr, nullptr),
      ltw_measure_ceilings(tiny.engine(), nullptr, nullptr),
      ltw_model_create(tiny.engine(), nullptr, nullptr, 0, nullptr),
      ltw_model_create_random(tiny.engine(), nullptr, 0, nullptr),
      ltw_cuda_device_count(nullptr),
      ltw_cuda_device_info(0, nullptr),
      ltw_fp8_calibrate(model, nullptr, 1000, &count),
      ltw_fp8_calibrate(model, nullptr, 0, nullptr),
      ltw_fp8_use(model, nullptr, 1),
      ltw_job_create(nullptr, &settings.config, &job),
      ltw_job_create(model, nullptr, &job),
      ltw_job_create(model, &settings.config, nullptr),
      ltw_largest_batch(model, &settings.config, 1, nullptr),
      ltw_job_submit(nullptr, nullptr, 1),
      ltw_job_collect(nullptr, a, 1),
      ltw_job_stats(nullptr, nullptr),
      ltw_text_encode(model, nullptr, 1, 1, a),
      ltw_text_encode(model, settings.ids.data(), 1, 1, nullptr),
      ltw_unet(model, 1, 8, 8, 7, nullptr, a, a, b),
      ltw_unet(model, 1, 8, 8, 7, a, nullptr, a, b),
      ltw_unet(model, 1, 8, 8, 7, a, a, nullptr, b),
      ltw_unet(model, 1, 8, 8, 7, a, a, a, nullptr),
      ltw_vae_encode(model, 1, kSize, kSize, nullptr, b, b),
      ltw_vae_encode(model, 1, kSize, kSize, a, nullptr, b),
      ltw_vae_encode(model, 1, kSize, kSize, a, b, nullptr),
      ltw_vae_decode(model, 1, 8, 8, nullptr, b),
      ltw_vae_decode(model, 1, 8, 8, a, nullptr),
      ltw_sigmas(model, 0, 2, nullptr),
      ltw_randn(0, 1, nullptr, 1, b),
      ltw_randn(0, 1, &size, 1, nullptr),
      ltw_sample(model, nullptr, a, a, a, 1, b),
      ltw_sample(model, &sample, nullptr, a, a, 1, b),
      ltw_sample(model, &sample, a, nullptr, a, 1, b),
      ltw_sample(model, &sample, a, a, nullptr, 1, b),
      ltw_sample(model, &sample, a, a, a, 1, nullptr),
  };
  int at = 0;
  for (const ltw_status status : statuses)
    expect(status == LTW_INVALID_ARGUMENT, "call ", at++, ": ", status);
  expect(job == nullptr, "a job is written");
  expect(count > 20, count, " inputs of fp8");  // written in any case
  // What is not needed may be missing.
  check(ltw_randn(0, 1, nullptr, 0, nullptr));
  ltw_sample_config unguided = sample;
  unguided.guidance_scale = 1, unguided.sampler = LTW_EULER;
  check(ltw_sample(model, &unguided, a, nullptr, nullptr, 0, b));
  ltw_engine_destroy(nullptr), ltw_model_destroy(nullptr), ltw_job_destroy(nullptr), ltw_job_cancel(nullptr);
}

LTW_TEST(draws_are_checked_before_the_first_is_made) {
  const int64_t counts[] = {4, 0};
  float values[4] = {7, 7, 7, 7};
  expect_refused(ltw_randn(0, 1, counts, 2, values), "counts[1]: 0");
  expect_refused(ltw_randn(0, 1, counts, -1, values), "draws: -1");
  for (const float value : values) expect(value == 7, "values are written");
}

LTW_TEST(handles_may_be_destroyed_in_any_order) {
  auto tiny = std::make_unique<TinyModel>("cpu");
  Settings settings;
  ltw_job* job = nullptr;
  check(ltw_job_create(tiny->get(), &settings.config, &job));
  const std::unique_ptr<ltw_job, decltype(&ltw_job_destroy)> owner(job, ltw_job_destroy);
  tiny.reset();
  const ltw_frame frame{0, 0, 0};
  std::vector<unsigned char> pixels(3 * kSize * kSize);
  check(ltw_job_submit(job, &frame, 1));
  check(ltw_job_collect(job, pixels.data(), static_cast<int64_t>(pixels.size())));
}

// More elements than 64 bits count.
LTW_TEST(sizes_beyond_all_memory_are_no_memory) {
  const TinyModel tiny("cpu");
  float x = 0;
  constexpr int32_t kMost = kHuge - 63;
  Settings settings;
  settings.config.width = settings.config.height = kMost;
  ltw_job* job = nullptr;
  expect_status(ltw_job_create(tiny.get(), &settings.config, &job), LTW_OUT_OF_MEMORY, "a job");
  expect_status(ltw_unet(tiny.get(), kHuge, kMost, kMost, 7, &x, &x, &x, &x), LTW_OUT_OF_MEMORY, "unet");
  expect_status(ltw_vae_decode(tiny.get(), kHuge, kMost, kMost, &x, &x), LTW_OUT_OF_MEMORY, "vae_decode");
  expect_status(ltw_vae_encode(tiny.get(), kHuge, kMost, kMost, &x, &x, &x), LTW_OUT_OF_MEMORY, "vae_encode");
  ltw_sample_config sample{kHuge, kMost, kMost, LTW_EULER, 0, 2, 2, 1.0, 0};
  expect_status(ltw_sample(tiny.get(), &sample, &x, &x, &x, 0, &x), LTW_OUT_OF_MEMORY, "sample");
}

}  // namespace
}  // namespace ltw
