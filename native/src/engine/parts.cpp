#include "engine/parts.h"

#include <functional>

#include "engine/denoiser.h"
#include "engine/host_copy.h"
#include "ops/elementwise.h"
#include "sampling/trajectory.h"

namespace ltw {

void Parts::text_encode(const int32_t* ids, int64_t count, int64_t clip_skip, float* states) {
  TextEvaluation& text = reuse(text_, {clip_skip, 0, 0, 0}, clip_skip);
  for (int64_t i = 0; i < count; ++i) {
    const Tensor& result = text.run(ids + i * model_.config.text.positions);
    copy_to_host(states + i * result.shape.size(), result, model_.backend);
  }
}

void Parts::text_kv(const float* states, int64_t tokens, const Tensor& dst) {
  TextKvEvaluation& kv = reuse(text_kv_, {tokens, 0, 0, 0}, tokens);
  copy_from_host(kv.states(), states, model_.backend);
  Arena none;
  Context ctx = Context::immediate(model_.backend, none);
  convert(dst, kv.run(), 1.0, ctx);
}

void Parts::unet(int64_t n, int64_t h, int64_t w, int64_t tokens, const float* x, const float* timesteps,
                 const float* context, float* out) {
  UNetEvaluation& unet = reuse(unet_, {n, h, w, tokens}, n, h, w, tokens);
  if (!time_bias_) time_bias_ = std::make_unique<TimeBiasEvaluation>(model_, model_.backend);
  Arena none;
  Context ctx = Context::immediate(model_.backend, none);
  for (int64_t i = 0; i < n; ++i) {
    text_kv(context + i * tokens * model_.config.unet.context_size, tokens, unet.text_kv().batch_slice(i, 1));
    convert(unet.time_bias().batch_slice(i, 1), time_bias_->run(timesteps[i]), 1.0, ctx);
  }
  copy_from_nchw(unet.x(), x, model_.backend);
  unet.run();
  copy_to_nchw(out, unet.out(), 0, unet.out().channels(), model_.backend);
}

void Parts::vae_encode(int64_t n, int64_t h, int64_t w, const float* image, float* mean, float* logvar) {
  VaeEncoding& encoding = reuse(encoding_, {n, h, w, 0}, n, h, w);
  copy_from_nchw(encoding.image(), image, model_.backend);
  encoding.run();
  const int64_t channels = model_.config.vae.latent_channels;
  copy_to_nchw(mean, encoding.moments(), 0, channels, model_.backend);
  copy_to_nchw(logvar, encoding.moments(), channels, channels, model_.backend);
}

void Parts::vae_decode(int64_t n, int64_t h, int64_t w, const float* z, float* image) {
  VaeDecoding& decoding = reuse(decoding_, {n, h, w, 0}, n, h, w, model_.backend.activation_type());
  copy_from_nchw(decoding.z(), z, model_.backend);
  decoding.run();
  copy_to_nchw(image, decoding.image(), 0, decoding.image().channels(), model_.backend);
}

void Parts::sample(const SampleConfig& config, const float* context, const float* uncond,
                   const float* step_noise, int64_t step_noise_count, float* latents) {
  Backend& backend = model_.backend;
  const int64_t tokens = model_.config.text.positions, states = tokens * model_.config.unet.context_size;
  const Trajectory trajectory =
      make_trajectory(model_.schedule, config.sampler, config.sigma_schedule, config.steps, config.run_steps,
                      /*from_init=*/false);
  const OwnedTensor x(
      backend, Shape{config.batch, config.height, config.width, model_.config.unet.in_channels}, DType::kF32);
  const Buffer memory = backend.allocate(kSamplerLatents * (x.tensor().bytes() + 256));
  Arena arena(memory.data(), memory.bytes());
  Context ctx = Context::immediate(backend, arena);
  const std::atomic<bool> never{false};
  Denoiser denoiser(model_, backend, config.batch, config.height, config.width, config.guidance_scale, never);
  for (int64_t i = 0; i < config.batch; ++i) {
    text_kv(context + i * states, tokens, denoiser.text_kv(i));
    if (denoiser.guided()) text_kv(uncond + i * states, tokens, denoiser.negative_kv(i));
  }

  copy_from_nchw(x, latents, backend);
  weighted_sum(x, {{trajectory.noise_scale, x}}, ctx);
  int64_t draw = 0;
  const auto draw_noise = [&](const Tensor& noise) {
    require(draw < step_noise_count, "the sampler draws noise more than ", step_noise_count, " times");
    copy_from_nchw(noise, step_noise + draw++ * noise.shape.size(), backend);
  };
  ltw::sample(config.sampler, x,
              {.sigmas = trajectory.sigmas,
               .steps = config.steps,
               .eta = config.ddim_eta,
               .denoise = std::ref(denoiser),
               .draw_noise = draw_noise},
              ctx);
  copy_to_nchw(latents, x, 0, x.shape().channels(), backend);
}

}  // namespace ltw
