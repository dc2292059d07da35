#include "engine/render_job.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "ops/elementwise.h"

namespace ltw {
namespace {

const RenderConfig& checked(const RenderConfig& config, const ModelConfig& model) {
  const int64_t multiple = model.vae.factor() << (model.unet.block_channels.size() - 1);
  require(config.width > 0 && config.width % multiple == 0, "width: ", config.width, " is not a multiple of ",
          multiple);
  require(config.height > 0 && config.height % multiple == 0, "height: ", config.height,
          " is not a multiple of ", multiple);
  require(config.clip_skip >= 1 && config.clip_skip <= model.text.layers, "clip_skip: ", config.clip_skip,
          " is not in 1..", model.text.layers);
  require(model.unet.in_channels == model.vae.latent_channels &&
              model.unet.out_channels == model.vae.latent_channels,
          "the UNet takes ", model.unet.in_channels, " channels where latents have ",
          model.vae.latent_channels);
  return config;
}

// An adaptive sampler chooses its steps by its latent's error, which must be one frame's alone.
int64_t group_size(const RenderConfig& config, const Backend& backend) {
  if (config.sampler == Sampler::kDpmAdaptive) return 1;
  return std::min<int64_t>(config.batch, backend.frames_per_evaluation());
}

}  // namespace

RenderJob::RenderJob(const Model& model, const RenderConfig& config)
    : model_(model),
      config_(checked(config, model.config)),
      group_(group_size(config, model.backend)),
      latent_{1, config.height / model.config.vae.factor(), config.width / model.config.vae.factor(),
              model.config.vae.latent_channels},
      trajectory_(make_trajectory(model.schedule, config.sampler, config.sigma_schedule, config.steps,
                                  config.run_steps, config.init_rgb != nullptr)),
      noise_(model.backend, config.generator, config.seeds, latent_, config.init_rgb != nullptr),
      denoiser_(model, group_, latent_[1], latent_[2], config.guidance_scale, cancelled_),
      vae_(model, 1, latent_[1], latent_[2]),
      sampler_memory_(model.backend.allocate(kSamplerLatents * (group_ * latent_.size() * 4 + 256))),
      x_(model.backend, latent_.with(0, group_), DType::kF32),
      pixels_(model.backend, Shape{1, config.height, config.width, 3},
              config.bits == 8 ? DType::kU8 : DType::kU16),
      finite_(model.backend, Shape{1}, DType::kI32) {
  encode_prompts();
  if (config.init_rgb != nullptr) init_picture_.emplace(model, config.init_rgb, config.height, config.width);
}

void RenderJob::encode_prompts() {
  TextEvaluation text(model_, config_.clip_skip);
  TextKvEvaluation kv(model_, model_.config.text.positions);
  Arena none;
  Context ctx = Context::immediate(model_.backend, none);
  const auto encoded = [&](const int32_t* all_ids, int64_t key) -> const Tensor& {
    const int32_t* ids = all_ids + key * model_.config.text.positions;
    const auto [found, is_new] =
        encoded_.try_emplace(std::vector<int32_t>(ids, ids + model_.config.text.positions));
    if (is_new) {
      weighted_sum(kv.states(), {{1.0, text.run(ids)}}, ctx);
      const Tensor& fresh = kv.run();
      found->second = OwnedTensor(model_.backend, fresh.shape, fresh.dtype);
      weighted_sum(found->second, {{1.0, fresh}}, ctx);
    }
    return found->second;
  };
  for (int64_t key = 0; key < config_.key_count; ++key) {
    prompts_.push_back(encoded(config_.prompt_ids, key));
    if (denoiser_.guided()) negatives_.push_back(encoded(config_.negative_ids, key));
  }
}

void RenderJob::blend(const Tensor& dst, const KeyKv& keys, const FrameSpec& frame) const {
  Arena none;
  Context ctx = Context::immediate(model_.backend, none);
  if (frame.weight == 0.0 || frame.from_key == frame.to_key) {
    weighted_sum(dst, {{1.0, keys[frame.from_key]}}, ctx);
  } else {
    weighted_sum(dst, {{1.0 - frame.weight, keys[frame.from_key]}, {frame.weight, keys[frame.to_key]}}, ctx);
  }
}

void RenderJob::submit(const std::vector<FrameSpec>& frames) {
  require(static_cast<int64_t>(frames.size()) <= config_.batch, frames.size(),
          " frames where the job was made for batches of ", config_.batch);
  for (const FrameSpec& frame : frames) {
    require(frame.from_key >= 0 && frame.from_key < config_.key_count && frame.to_key >= 0 &&
                frame.to_key < config_.key_count,
            "frame between keys ", frame.from_key, " and ", frame.to_key, ": there are ", config_.key_count);
    require(frame.weight >= 0.0 && frame.weight <= 1.0, "frame weight: ", frame.weight, " is not in 0..1");
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return cancelled_ || submitted_ - collected_ < 2; });
  if (cancelled_) fail(Status::kCancelled, "cancelled");
  Batch& batch = batches_[submitted_ % 2];
  lock.unlock();

  batch.frames = frames;
  batch.pixels.resize(frames.size() * frame_bytes());
  char* out = batch.pixels.data();
  for (size_t first = 0; first < frames.size(); first += group_) {
    const size_t count = std::min<size_t>(group_, frames.size() - first);
    std::vector<FrameSpec> group(frames.begin() + first, frames.begin() + first + count);
    group.resize(group_, group.back());  // one shape for every group
    const auto begin = std::chrono::steady_clock::now();
    sample(group);
    const auto sampled = std::chrono::steady_clock::now();
    for (size_t i = 0; i < count; ++i) {
      decode(x_.tensor().batch_slice(i, 1), group[i], out);
      out += frame_bytes();
    }
    const auto decoded = std::chrono::steady_clock::now();
    const std::lock_guard guard(mutex_);
    stats_.sampling_seconds += std::chrono::duration<double>(sampled - begin).count();
    stats_.decoding_seconds += std::chrono::duration<double>(decoded - sampled).count();
  }
  lock.lock();
  ++submitted_;
}

void RenderJob::collect(void* pixels, int64_t pixel_bytes) {
  std::unique_lock lock(mutex_);
  if (cancelled_) fail(Status::kCancelled, "cancelled");
  if (submitted_ == collected_) fail(Status::kInvalidState, "no batch is submitted that is not collected");
  const Batch& batch = batches_[collected_ % 2];
  lock.unlock();
  require(pixel_bytes >= static_cast<int64_t>(batch.pixels.size()), "pixel_bytes: ", pixel_bytes, " where ",
          batch.frames.size(), " frames take ", batch.pixels.size());
  std::copy(batch.pixels.begin(), batch.pixels.end(), static_cast<char*>(pixels));
  lock.lock();
  ++collected_;
  stats_.frames += static_cast<int64_t>(batch.frames.size());
  changed_.notify_all();
}

void RenderJob::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

RenderStats RenderJob::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

int64_t largest_batch(const Model& model, const RenderConfig& config) {
  return std::min<int64_t>(config.batch, model.backend.frames_per_evaluation());
}

void RenderJob::sample(const std::vector<FrameSpec>& group) {
  Arena arena(sampler_memory_.data(), sampler_memory_.bytes());
  Context ctx = Context::immediate(model_.backend, arena);
  size_t draw = 0;
  const auto draw_noise = [&](const Tensor& noise) {
    for (int64_t i = 0; i < group_; ++i) noise_.draw(noise.batch_slice(i, 1), group[i], draw, ctx);
    ++draw;
  };

  draw_noise(x_);
  weighted_sum(x_, {{trajectory_.noise_scale, x_}}, ctx);
  for (int64_t i = 0; i < group_; ++i) {
    blend(denoiser_.text_kv(i), prompts_, group[i]);
    if (denoiser_.guided()) blend(denoiser_.negative_kv(i), negatives_, group[i]);
    if (init_picture_) {
      const ArenaTensor init = ctx.tensor(latent_, DType::kF32);
      const Tensor x = x_.tensor().batch_slice(i, 1);
      init_picture_->latent(init, noise_, group[i]);
      weighted_sum(x, {{1.0, x}, {trajectory_.init_scale, init}}, ctx);
    }
  }
  ltw::sample(config_.sampler, x_,
              {.sigmas = trajectory_.sigmas,
               .steps = config_.steps,
               .eta = config_.ddim_eta,
               .denoise = std::ref(denoiser_),
               .draw_noise = draw_noise},
              ctx);
}

void RenderJob::decode(const Tensor& latent, const FrameSpec& frame, void* pixels) {
  Backend& backend = model_.backend;
  Arena none;
  Context ctx = Context::immediate(backend, none);
  weighted_sum(vae_.z(), {{1.0 / model_.config.vae.scaling_factor, latent}}, ctx);
  vae_.run();

  int32_t finite = 1;
  backend.upload(finite_.tensor().data, &finite, sizeof finite);
  image_to_pixels(pixels_, vae_.image(), finite_, ctx);
  backend.download(&finite, finite_.tensor().data, sizeof finite);
  if (!finite) {
    fail(Status::kNotFinite, "the picture between prompts ", frame.from_key, " and ", frame.to_key,
         " at weight ", frame.weight,
         " has NaN or infinity: the UNet or the VAE overflowed, or its weights are damaged");
  }
  backend.download(pixels, pixels_.tensor().data, pixels_.tensor().bytes());
}

}  // namespace ltw
