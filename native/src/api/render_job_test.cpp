#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "api/arguments.h"
#include "layers/random_weights.h"
#include "tiny_model.h"

namespace ltw {
namespace {

using test::check;
using test::device_of;
using test::expect;
using test::expect_status;
using namespace std::chrono_literals;

using Pixels = std::vector<unsigned char>;

constexpr int32_t kSize = 16, kTokens = 7;

// float16 cannot hold the latents that this model decodes.
ltw_model_config overflowing() {
  ltw_model_config config = test::tiny_config();
  config.vae_scaling_factor = 1e-6;
  return config;
}

// A model, and the settings of a render of three keys with it.
class TinyRender {
 public:
  explicit TinyRender(const test::OpFixture& t, const ltw_model_config& model = test::tiny_config())
      : model_(device_of(t), model) {
    for (int i = 0; i < 3 * kTokens; ++i) {
      prompts_.push_back(i * 11 % 100);
      negatives_.push_back(i % kTokens);
    }
    for (int i = 0; i < kSize * kSize * 3; ++i) init_.push_back(static_cast<uint8_t>(i * 7));
    config.width = config.height = kSize;
    config.sampler = LTW_EULER_ANCESTRAL;
    config.steps = config.run_steps = 3;
    config.guidance_scale = 5;
    config.generator = LTW_TORCH_CUDA;
    config.clip_skip = 1;
    config.bits = 8;
    config.batch = 2;
    config.key_count = 3;
    config.prompt_ids = prompts_.data();
    config.negative_ids = negatives_.data();
    config.seeds = seeds_;
    config.init_rgb = nullptr;
  }

  ltw_render_config config{};
  ltw_model* model() const { return model_.get(); }
  const uint8_t* init() const { return init_.data(); }

 private:
  test::TinyModel model_;
  std::vector<int32_t> prompts_, negatives_;
  std::vector<uint8_t> init_;
  uint64_t seeds_[3] = {5, 5, 6};
};

class Job {
 public:
  explicit Job(const TinyRender& render) : batch_(render.config.batch) {
    check(ltw_job_create(render.model(), &render.config, &job_));
  }
  ~Job() { ltw_job_destroy(job_); }

  ltw_job* get() const { return job_; }
  ltw_status submit(int32_t first, int32_t count) const {
    std::vector<ltw_frame> frames;
    for (int32_t i = first; i < first + count; ++i) frames.push_back({i / 4, i / 4 + 1, i % 4 / 4.0});
    return ltw_job_submit(job_, frames.data(), count);
  }
  ltw_status collect(Pixels& pixels) const {
    pixels.assign(static_cast<size_t>(batch_) * kFrameBytes, 0xab);
    return ltw_job_collect(job_, pixels.data(), static_cast<int64_t>(pixels.size()));
  }
  static constexpr size_t kFrameBytes = kSize * kSize * 3;

 private:
  int32_t batch_;
  ltw_job* job_ = nullptr;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr int32_t kFrames = 7;

// Frames 0..6, batch after batch, two on their way.
Pixels rendered(TinyRender& render, int32_t batch, int64_t wide_decodes = 0) {
  render.config.batch = batch;
  const auto start = std::chrono::steady_clock::now();
  const Job job(render);
  Pixels all, some;
  int32_t submitted = 0;
  const auto submit = [&] {
    const int32_t count = std::min(batch, kFrames - submitted);
    if (count > 0) check(job.submit(submitted, count));
    submitted += std::max(count, 0);
  };
  submit();
  while (all.size() < kFrames * Job::kFrameBytes) {
    submit();
    check(job.collect(some));
    some.resize(std::min(some.size(), kFrames * Job::kFrameBytes - all.size()));
    all.insert(all.end(), some.begin(), some.end());
  }
  ltw_render_stats stats;
  check(ltw_job_stats(job.get(), &stats));
  expect(stats.frames == kFrames && stats.wide_decodes == wide_decodes, stats.frames, " frames and ",
         stats.wide_decodes, " wide decodes in the stats");
  for (const double seconds :
       {stats.text_seconds, stats.sampling_seconds, stats.decoding_seconds, stats.copying_seconds}) {
    expect(seconds > 0 && seconds < seconds_since(start), "a time of ", seconds,
           " s in the stats of a render of ", seconds_since(start));
  }
  return all;
}

double mean_difference(const Pixels& a, const Pixels& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

LTW_OP_TEST(frames_do_not_depend_on_the_batch) {
  TinyRender render(t);
  const auto expect_same = [&](const char* what) {
    const Pixels one = rendered(render, 1);
    for (size_t i = 1; i < kFrames; ++i) {
      const auto frame = one.begin() + i * Job::kFrameBytes;
      expect(!std::equal(frame - Job::kFrameBytes, frame, frame), what, ": frame ", i, " is the one before");
    }
    for (const int32_t batch : {3, 7}) {
      expect(rendered(render, batch) == one, what, " in batches of ", batch, ": other pixels");
    }
  };
  expect_same("euler_ancestral");
  render.config.init_rgb = render.init();
  render.config.run_steps = 2;
  expect_same("with an init picture");
  render.config.sampler = LTW_DPM_ADAPTIVE;
  render.config.guidance_scale = 1;
  expect_same("dpm_adaptive without guidance");
}

LTW_OP_TEST(a_gpu_renders_what_the_cpu_renders) {
  if (t.backend().device() == DeviceKind::kCpu) return;
  TinyRender on_cpu(test::OpFixture("cpu")), on_gpu(t);
  for (int32_t sampler = LTW_KLMS; sampler <= LTW_PLMS; ++sampler) {
    on_cpu.config.sampler = on_gpu.config.sampler = sampler;
    const double difference = mean_difference(rendered(on_gpu, 3), rendered(on_cpu, 3));
    expect(difference < 2, "sampler ", sampler, ": ", difference, " levels of 255 apart");
  }
}

LTW_OP_TEST(batches_are_collected_in_the_order_of_submission) {
  TinyRender render(t);
  const Pixels all = rendered(render, 1);
  render.config.batch = 2;
  const Job job(render);
  Pixels pixels;
  const auto expect_frames = [&](int32_t first, int32_t count) {
    const auto begin = all.begin() + first * Job::kFrameBytes;
    expect(std::equal(begin, begin + count * Job::kFrameBytes, pixels.begin()), "not frames ", first, "...");
    expect(std::all_of(pixels.begin() + count * Job::kFrameBytes, pixels.end(),
                       [](unsigned char value) { return value == 0xab; }),
           "more is written than was submitted");
  };
  expect_status(job.collect(pixels), LTW_INVALID_STATE, "nothing is submitted");
  expect_status(job.submit(0, 3), LTW_INVALID_ARGUMENT, "more than a batch");
  expect_status(job.submit(0, 0), LTW_INVALID_ARGUMENT, "no frame");
  check(job.submit(3, 2));
  check(job.submit(1, 1));
  expect_status(ltw_job_collect(job.get(), pixels.data(), 2 * Job::kFrameBytes - 1), LTW_INVALID_ARGUMENT,
                "a byte too few");
  check(job.collect(pixels));
  expect_frames(3, 2);
  check(job.submit(0, 2));
  check(job.collect(pixels));
  expect_frames(1, 1);
  check(job.collect(pixels));
  expect_frames(0, 2);
  expect_status(job.collect(pixels), LTW_INVALID_STATE, "all is collected");
}

LTW_OP_TEST(one_thread_submits_while_another_collects) {
  TinyRender render(t);
  const Pixels all = rendered(render, 1);
  render.config.batch = 1;
  const Job job(render);
  std::atomic<int32_t> submitted{0};
  std::string problem;
  std::thread submitting([&] {
    for (int32_t i = 0; i < 5 * kFrames && problem.empty(); ++i) {
      if (job.submit(i % kFrames, 1) != LTW_OK) problem = ltw_last_error();
      ++submitted;
    }
  });
  bool same = true;
  for (int32_t i = 0; i < 5 * kFrames; ++i) {
    while (submitted <= i) std::this_thread::yield();
    expect(submitted <= i + 3, "batch ", submitted, " is submitted where ", i, " are collected");
    Pixels pixels;
    check(job.collect(pixels));
    same = same && std::equal(pixels.begin(), pixels.end(), all.begin() + i % kFrames * Job::kFrameBytes);
  }
  submitting.join();
  expect(problem.empty(), problem);
  expect(same, "other pixels than by one thread");
}

LTW_OP_TEST(a_third_batch_waits_for_the_first_to_be_collected) {
  TinyRender render(t);
  const Job job(render);
  Pixels pixels;
  check(job.submit(0, 1));
  check(job.submit(1, 1));
  std::atomic<bool> done{false};
  ltw_status status = LTW_OK;
  std::thread third([&] {
    status = job.submit(2, 1);
    done = true;
  });
  std::this_thread::sleep_for(200ms);
  const bool waited = !done;
  check(job.collect(pixels));
  third.join();
  expect(waited, "three batches are on their way");
  check(status);

  std::thread fourth([&] { status = job.submit(3, 1); });
  std::this_thread::sleep_for(50ms);
  ltw_job_cancel(job.get());
  fourth.join();
  expect_status(status, LTW_CANCELLED, "a submit that waits");
  expect_status(job.collect(pixels), LTW_CANCELLED, "collect after cancel");
  expect_status(job.submit(0, 1), LTW_CANCELLED, "submit after cancel");
}

// Sampling that takes long: dpm_fast evaluates the network as often as it is told.
void make_slow(TinyRender& render, int32_t steps) {
  render.config.sampler = LTW_DPM_FAST;
  render.config.steps = render.config.run_steps = steps;
}

LTW_OP_TEST(a_batch_is_collected_while_the_next_is_sampled) {
  if (!t.backend().asynchronous()) return;
  TinyRender render(t);
  make_slow(render, 300);
  const Job job(render);
  Pixels pixels;
  const auto start = std::chrono::steady_clock::now();
  check(job.submit(0, 2));
  check(job.submit(2, 2));
  const double submitted = seconds_since(start);
  check(job.collect(pixels));
  const double first = seconds_since(start);
  check(job.collect(pixels));
  const double both = seconds_since(start);
  expect(submitted < first / 2, "submitting took ", submitted, " s of ", first);
  expect(first < 0.75 * both, "the first was there after ", first, " s, both after ", both);
}

LTW_OP_TEST(cancel_ends_sampling_under_way) {
  TinyRender render(t);
  make_slow(render, 1000);
  render.config.width = render.config.height = 64;
  render.config.batch = 16;
  std::optional<Job> job(render);
  ltw_status status = LTW_OK;
  std::thread rendering([&] {
    Pixels pixels(8 * 64 * 64 * 3);
    status = job->submit(0, 8);
    if (status != LTW_OK) return;
    status = ltw_job_collect(job->get(), pixels.data(), static_cast<int64_t>(pixels.size()));
  });
  std::this_thread::sleep_for(100ms);
  auto ending = std::chrono::steady_clock::now();
  ltw_job_cancel(job->get());
  rendering.join();
  expect_status(status, LTW_CANCELLED, "submit or collect");
  // All of it takes seconds on a GPU, and minutes on a CPU, where one evaluation may take seconds if others
  // work.
  expect(seconds_since(ending) < (t.backend().asynchronous() ? 1 : 20), "a cancelled render went on for ",
         seconds_since(ending), " s");

  if (!t.backend().asynchronous()) return;
  job.emplace(render);
  check(job->submit(0, 8));
  std::this_thread::sleep_for(100ms);
  ending = std::chrono::steady_clock::now();
  job.reset();  // not cancelled, only given up
  expect(seconds_since(ending) < 1, "a job that is given up went on for ", seconds_since(ending), " s");
}

LTW_OP_TEST(what_overflows_is_decoded_in_float32) {
  TinyRender render(t, overflowing()), on_cpu(test::OpFixture("cpu"), overflowing());
  const bool narrow = t.backend().activation_type() != DType::kF32;
  const Pixels expected = rendered(on_cpu, 3), got = rendered(render, 3, narrow ? kFrames : 0);
  const double difference = mean_difference(got, expected);
  expect(difference < 2, difference, " levels from the CPU's picture");
  expect(rendered(render, 1, narrow ? kFrames : 0) == got, "other pixels in other batches");
}

LTW_OP_TEST(a_picture_that_is_no_number_is_an_error) {
  TinyRender render(t);
  // Beyond the network's numbers, but for a frame whose prompt is its negative one: what is left of the two
  // there is a rounding error of double.
  render.config.guidance_scale = t.backend().activation_type() == DType::kF16 ? 1e12 : 1e40;
  const std::vector<int32_t> negatives(3 * kTokens, 3);
  std::vector<int32_t> prompts(negatives.begin(), negatives.begin() + kTokens);
  prompts.insert(prompts.end(), render.config.prompt_ids + kTokens, render.config.prompt_ids + 3 * kTokens);
  render.config.prompt_ids = prompts.data(), render.config.negative_ids = negatives.data();
  const Job job(render);
  Pixels pixels;
  check(job.submit(0, 2));
  expect_status(job.collect(pixels), LTW_NOT_FINITE, "NaN");
  const std::string message = ltw_last_error();
  expect(message.find("between prompts 0 and 1 at weight 0.25 ") != std::string::npos, message);
  expect(pixels == Pixels(pixels.size(), 0xab), "pixels are written");
  expect_status(job.collect(pixels), LTW_INVALID_STATE, "the batch is gone");
  check(job.submit(0, 1));
  check(job.collect(pixels));
}

LTW_OP_TEST(a_jobs_memory_is_known_before) {
  TinyRender render(t);
  const Model model(t.backend(), model_config(overflowing()), RandomSource(1));
  render.config.init_rgb = render.init();
  render.config.run_steps = 2;
  int64_t before = 0;
  for (const int32_t batch : {1, 2, 3, 5, 9}) {
    render.config.batch = batch;
    const RenderConfig config = render_config(render.config);
    const int64_t held = t.backend().memory().held(), bytes = bytes_of_job(model, config);
    expect(t.backend().memory().held() == held, "the rehearsal took memory");
    expect(bytes > before, "batch ", batch, " takes ", bytes, " bytes, a smaller one ", before);
    before = bytes;
    // The job's alone: to make the model took more.
    const std::unique_ptr<Backend> backend = create_backend(device_of(t), 0);
    {
      RenderJob job(model, *backend, config);
      job.submit({{0, 1, 0.25}});
      Pixels pixels(Job::kFrameBytes);
      job.collect(pixels.data(), static_cast<int64_t>(pixels.size()));
      expect(backend->memory().peak() == bytes, "batch ", batch, " took ", backend->memory().peak(),
             " bytes, not ", bytes);
    }
    expect(backend->memory().held() == 0, "the job left memory behind");
  }
}

LTW_OP_TEST(the_largest_batch_is_the_last_that_fits) {
  constexpr int64_t kReserve = 256 << 20;
  TinyRender render(t);
  const Model model(t.backend(), model_config(test::tiny_config()), RandomSource(1));
  render.config.batch = 12;
  RenderConfig config = render_config(render.config);
  const int64_t most = std::min<int64_t>(12, t.backend().frames_per_evaluation());
  expect(largest_batch(model, config, int64_t{1} << 50) == most, "all that is asked for");
  std::vector<int64_t> needed{0};
  for (config.batch = 1; config.batch <= most; ++config.batch) {
    needed.push_back(bytes_of_job(model, config) + kReserve);
  }
  config.batch = 12;
  for (const int64_t just_enough : needed) {
    for (const int64_t bytes : {just_enough, just_enough - 1}) {
      int64_t last = most;
      while (needed[static_cast<size_t>(last)] > bytes && last > 0) --last;
      const int64_t largest = largest_batch(model, config, bytes);
      expect(largest == last, "in ", bytes, " bytes ", largest, " fit, not ", last);
    }
  }
  int32_t batch = -1;
  check(ltw_largest_batch(render.model(), &render.config, 12, &batch));
  expect(batch == most, "with the memory that is free: ", batch);
  expect_status(ltw_largest_batch(render.model(), &render.config, 0, &batch), LTW_INVALID_ARGUMENT,
                "limit 0");
}

}  // namespace
}  // namespace ltw
