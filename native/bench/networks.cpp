#include "networks.h"

#include <charconv>

#include "layers/random_weights.h"
#include "ops/elementwise.h"
#include "random.h"

namespace ltw::bench {
namespace {

// The config files of stable-diffusion-v1-5.
const ModelConfig& config() {
  static const ModelConfig sd15{
      .text = {.vocab_size = 49408,
               .hidden_size = 768,
               .intermediate_size = 3072,
               .layers = 12,
               .heads = 12,
               .positions = 77,
               .activation = Activation::kQuickGelu,
               .norm_eps = 1e-5},
      .unet = {.in_channels = 4,
               .out_channels = 4,
               .layers_per_block = 2,
               .context_size = 768,
               .norm_groups = 32,
               .block_channels = {320, 640, 1280, 1280},
               .heads = {8, 8, 8, 8},
               .down_attention = {true, true, true, false},
               .up_attention = {false, true, true, true},
               .linear_projection = false,
               .flip_sin_to_cos = true,
               .norm_eps = 1e-5,
               .freq_shift = 0},
      .vae = {.in_channels = 3,
              .out_channels = 3,
              .latent_channels = 4,
              .layers_per_block = 2,
              .norm_groups = 32,
              .block_channels = {128, 256, 512, 512},
              .scaling_factor = 0.18215},
      .beta_start = 0.00085,
      .beta_end = 0.012,
      .train_timesteps = 1000,
      .prediction = Prediction::kEpsilon,
  };
  return sd15;
}

using Owner = std::shared_ptr<const OwnedTensor>;

Owner owned(OwnedTensor&& tensor) { return std::make_shared<const OwnedTensor>(std::move(tensor)); }

// Runs `network` and takes its output as the engine does, in float32 or, for pictures, as it is.
template <typename Network>
Forward with_output(Backend& backend, const Shape& shape, DType dtype, const Network& network) {
  const Owner out = owned(OwnedTensor(backend, shape, dtype));
  return [=](Context& ctx) { convert(*out, network(ctx), 1.0, ctx); };
}

}  // namespace

Networks::Networks(Backend& backend, int64_t latent)
    : model_(backend, config(), RandomSource(1)), latent_(latent) {}

Forward Networks::forward(const std::string& name) const {
  Backend& backend = model_.backend;
  const size_t dash = name.find('-');
  const std::string network = name.substr(0, dash);
  int64_t n = 0;
  if (dash != std::string::npos) std::from_chars(name.data() + dash + 1, name.data() + name.size(), n);
  require(n > 0, "'", name, "' is no network and batch, such as unet-2, vae-8 or text-1");
  const Shape latents{n, latent_, latent_, 4};
  if (network == "unet") {
    const Owner x = owned(random_tensor(latents, backend));
    const Owner bias = owned(random_tensor(Shape{n, model_.unet.time_bias_channels()}, backend));
    const Owner kv =
        owned(random_tensor(Shape{n, model_.config.text.positions, model_.unet.text_kv_channels()}, backend));
    return with_output(backend, latents, DType::kF32,
                       [this, x, bias, kv](Context& ctx) { return model_.unet(*x, *bias, *kv, ctx); });
  }
  if (network == "vae") {
    const Owner z = owned(random_tensor(latents, backend));
    return with_output(backend, Shape{n, 8 * latent_, 8 * latent_, 3}, backend.activation_type(),
                       [this, z](Context& ctx) { return model_.vae_decoder(*z, ctx); });
  }
  require(network == "text", "'", name, "' is none of unet-N, vae-N, text-N");
  const Shape positions{n, model_.config.text.positions};
  OwnedTensor ids(backend, positions, DType::kI32);
  const std::vector<int32_t> some(static_cast<size_t>(positions.size()), 320);
  backend.upload(ids.tensor().data, some.data(), ids.tensor().bytes());
  return with_output(backend, Shape{n, model_.config.text.positions, model_.config.text.hidden_size},
                     DType::kF32,
                     [this, ids = owned(std::move(ids))](Context& ctx) { return model_.text(*ids, 1, ctx); });
}

}  // namespace ltw::bench
