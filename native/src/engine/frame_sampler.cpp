#include "engine/frame_sampler.h"

#include <algorithm>
#include <functional>

#include "ops/elementwise.h"

namespace ltw {
namespace {

// An adaptive sampler chooses its steps by its latent's error, which must be one frame's alone.
int64_t group_size(const RenderConfig& config, const Backend& backend) {
  if (config.sampler == Sampler::kDpmAdaptive) return 1;
  return std::min<int64_t>(config.batch, backend.frames_per_evaluation());
}

}  // namespace

FrameSampler::FrameSampler(const Model& model, Backend& backend, const RenderConfig& config,
                           const std::atomic<bool>& cancelled)
    : model_(model),
      backend_(backend),
      config_(config),
      group_(group_size(config, backend)),
      latent_(config.latent(model.config)),
      trajectory_(make_trajectory(model.schedule, config.sampler, config.sigma_schedule, config.steps,
                                  config.run_steps, config.init_rgb != nullptr)),
      noise_(backend, config.generator, config.seeds, latent_, config.init_rgb != nullptr),
      denoiser_(model, backend, group_, latent_[1], latent_[2], config.guidance_scale, cancelled),
      memory_(backend.allocate(kSamplerLatents * (group_ * latent_.size() * 4 + 256))) {
  encode_prompts();
  if (config.init_rgb != nullptr)
    init_picture_.emplace(model, backend, config.init_rgb, config.height, config.width);
  prepare();
}

void FrameSampler::encode_prompts() {
  TextEvaluation text(model_, backend_, config_.clip_skip);
  TextKvEvaluation kv(model_, backend_, model_.config.text.positions);
  Arena none;
  Context ctx = Context::immediate(backend_, none);
  const auto encoded = [&](const int32_t* all_ids, int64_t key) -> const Tensor& {
    const int32_t* ids = all_ids + key * model_.config.text.positions;
    const auto [found, is_new] =
        encoded_.try_emplace(std::vector<int32_t>(ids, ids + model_.config.text.positions));
    if (is_new) {
      weighted_sum(kv.states(), {{1.0, text.run(ids)}}, ctx);
      const Tensor& fresh = kv.run();
      found->second = OwnedTensor(backend_, fresh.shape, fresh.dtype);
      weighted_sum(found->second, {{1.0, fresh}}, ctx);
    }
    return found->second;
  };
  const std::unique_ptr<Event> begun = backend_.event(), done = backend_.event();
  begun->record();
  for (int64_t key = 0; key < config_.key_count; ++key) {
    prompts_.push_back(encoded(config_.prompt_ids, key));
    if (denoiser_.guided()) negatives_.push_back(encoded(config_.negative_ids, key));
  }
  done->record();
  done->wait();
  text_seconds_ = done->seconds_since(*begun);
}

Sampling FrameSampler::sampling() {
  return {.sigmas = trajectory_.sigmas,
          .steps = config_.steps,
          .eta = config_.ddim_eta,
          .denoise = std::ref(denoiser_),
          .draw_noise = {}};
}

void FrameSampler::prepare() {
  const Rehearsal calls = rehearse(config_.sampler, sampling(), backend_);
  noise_.prepare(1 + calls.draws);
  // An adaptive sampler's are not known before.
  if (config_.sampler != Sampler::kDpmAdaptive) denoiser_.prepare(calls.sigmas);
}

void FrameSampler::blend(const Tensor& dst, const KeyKv& keys, const FrameSpec& frame) const {
  Arena none;
  Context ctx = Context::immediate(backend_, none);
  if (frame.weight == 0.0 || frame.from_key == frame.to_key) {
    weighted_sum(dst, {{1.0, keys[frame.from_key]}}, ctx);
  } else {
    weighted_sum(dst, {{1.0 - frame.weight, keys[frame.from_key]}, {frame.weight, keys[frame.to_key]}}, ctx);
  }
}

void FrameSampler::sample(const Tensor& x, const std::vector<FrameSpec>& frames) {
  Arena arena(memory_.data(), memory_.bytes());
  Context ctx = Context::immediate(backend_, arena);
  Sampling run = sampling();
  run.draw_noise = [&, draw = size_t{0}](const Tensor& noise) mutable {
    for (int64_t i = 0; i < group_; ++i) noise_.draw(noise.batch_slice(i, 1), frames[i], draw, ctx);
    ++draw;
  };

  run.draw_noise(x);
  weighted_sum(x, {{trajectory_.noise_scale, x}}, ctx);
  for (int64_t i = 0; i < group_; ++i) {
    blend(denoiser_.text_kv(i), prompts_, frames[i]);
    if (denoiser_.guided()) blend(denoiser_.negative_kv(i), negatives_, frames[i]);
    if (init_picture_) {
      const ArenaTensor init = ctx.tensor(latent_, DType::kF32);
      const Tensor one = x.batch_slice(i, 1);
      init_picture_->latent(init, noise_, frames[i], ctx);
      weighted_sum(one, {{1.0, one}, {trajectory_.init_scale, init}}, ctx);
    }
  }
  ltw::sample(config_.sampler, x, run, ctx);
}

}  // namespace ltw
