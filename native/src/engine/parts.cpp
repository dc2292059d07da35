#include "engine/parts.h"

#include "engine/denoiser.h"
#include "engine/host_copy.h"
#include "ops/elementwise.h"

namespace ltw {

void Parts::text_encode(const int32_t* ids, int64_t count, int64_t clip_skip, float* states) {
  TextEvaluation& text = reuse(text_, {clip_skip, 0, 0, 0}, model_, clip_skip);
  for (int64_t i = 0; i < count; ++i) {
    const Tensor& result = text.run(ids + i * model_.config.text.positions);
    copy_to_host(states + i * result.shape.size(), result, model_.backend);
  }
}

void Parts::text_kv(const float* states, int64_t tokens, const Tensor& dst) {
  TextKvEvaluation& kv = reuse(text_kv_, {tokens, 0, 0, 0}, model_, tokens);
  copy_from_host(kv.states(), states, model_.backend);
  Arena none;
  Context ctx = Context::immediate(model_.backend, none);
  convert(dst, kv.run(), 1.0, ctx);
}

void Parts::unet(int64_t n, int64_t h, int64_t w, int64_t tokens, const float* x, const float* timesteps,
                 const float* context, float* out) {
  UNetEvaluation& unet = reuse(unet_, {n, h, w, tokens}, model_, n, h, w, tokens);
  if (!time_bias_) time_bias_ = std::make_unique<TimeBiasEvaluation>(model_);
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
  VaeEncoding& encoding = reuse(encoding_, {n, h, w, 0}, model_, n, h, w);
  copy_from_nchw(encoding.image(), image, model_.backend);
  encoding.run();
  const int64_t channels = model_.config.vae.latent_channels;
  copy_to_nchw(mean, encoding.moments(), 0, channels, model_.backend);
  copy_to_nchw(logvar, encoding.moments(), channels, channels, model_.backend);
}

void Parts::vae_decode(int64_t n, int64_t h, int64_t w, const float* z, float* image) {
  VaeDecoding& decoding = reuse(decoding_, {n, h, w, 0}, model_, n, h, w);
  copy_from_nchw(decoding.z(), z, model_.backend);
  decoding.run();
  copy_to_nchw(image, decoding.image(), 0, decoding.image().channels(), model_.backend);
}

}  // namespace ltw
