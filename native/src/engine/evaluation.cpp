#include "engine/evaluation.h"

#include "ops/elementwise.h"

namespace ltw {
namespace {

// `src`, float32, as a new tensor of the context's activation type.
ArenaTensor narrowed(const Tensor& src, Context& ctx) {
  ArenaTensor dst = ctx.tensor(src.shape);
  convert(dst, src, 1.0, ctx);
  return dst;
}

OwnedTensor activation(Backend& backend, const Shape& shape) {
  return OwnedTensor(backend, shape, backend.activation_type());
}

OwnedTensor float32(Backend& backend, const Shape& shape) { return OwnedTensor(backend, shape, DType::kF32); }

}  // namespace

TextEvaluation::TextEvaluation(const Model& model, Backend& backend, int64_t clip_skip)
    : backend_(backend),
      ids_(backend, Shape{1, model.config.text.positions}, DType::kI32),
      states_(float32(backend, Shape{1, model.config.text.positions, model.config.text.hidden_size})),
      plan_(backend, [&](Context& ctx) { convert(states_, model.text(ids_, clip_skip, ctx), 1.0, ctx); }) {}

const Tensor& TextEvaluation::run(const int32_t* ids) {
  backend_.upload(ids_.tensor().data, ids, ids_.tensor().bytes());
  plan_.run();
  return states_;
}

TextKvEvaluation::TextKvEvaluation(const Model& model, Backend& backend, int64_t tokens)
    : states_(float32(backend, Shape{1, tokens, model.config.unet.context_size})),
      kv_(activation(backend, Shape{1, tokens, model.unet.text_kv_channels()})),
      plan_(backend,
            [&](Context& ctx) { convert(kv_, model.unet.text_kv(narrowed(states_, ctx), ctx), 1.0, ctx); }) {}

const Tensor& TextKvEvaluation::run() {
  plan_.run();
  return kv_;
}

TimeBiasEvaluation::TimeBiasEvaluation(const Model& model, Backend& backend)
    : model_(model),
      backend_(backend),
      features_(float32(backend, Shape{1, model.config.unet.block_channels.front()})),
      bias_(activation(backend, Shape{1, model.unet.time_bias_channels()})),
      plan_(backend, [&](Context& ctx) {
        convert(bias_, model.unet.time_bias(narrowed(features_, ctx), ctx), 1.0, ctx);
      }) {}

const Tensor& TimeBiasEvaluation::run(double timestep) {
  const std::vector<float> features = model_.unet.time_features(timestep);
  backend_.upload(features_.tensor().data, features.data(), features_.tensor().bytes());
  plan_.run();
  return bias_;
}

UNetEvaluation::UNetEvaluation(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w,
                               int64_t tokens)
    : x_(activation(backend, Shape{n, h, w, model.config.unet.in_channels})),
      time_bias_(activation(backend, Shape{n, model.unet.time_bias_channels()})),
      text_kv_(activation(backend, Shape{n, tokens, model.unet.text_kv_channels()})),
      out_(float32(backend, Shape{n, h, w, model.config.unet.out_channels})),
      plan_(backend,
            [&](Context& ctx) { convert(out_, model.unet(x_, time_bias_, text_kv_, ctx), 1.0, ctx); }) {}

VaeDecoding::VaeDecoding(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w,
                         DType activation)
    : z_(float32(backend, Shape{n, h, w, model.config.vae.latent_channels})),
      image_(backend,
             Shape{n, h * model.config.vae.factor(), w * model.config.vae.factor(),
                   model.config.vae.out_channels},
             activation),
      plan_(backend, [&](Context& any) {
        Context ctx = activation == DType::kF32 ? any.wide() : any;
        convert(image_, model.vae_decoder(narrowed(z_, ctx), ctx), 1.0, ctx);
      }) {}

VaeEncoding::VaeEncoding(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w)
    : image_(float32(backend, Shape{n, h, w, model.config.vae.in_channels})),
      moments_(float32(backend, Shape{n, h / model.config.vae.factor(), w / model.config.vae.factor(),
                                      2 * model.config.vae.latent_channels})),
      plan_(backend, [&](Context& ctx) {
        convert(moments_, model.vae_encoder(narrowed(image_, ctx), ctx), 1.0, ctx);
      }) {}

}  // namespace ltw
