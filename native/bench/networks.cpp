#include "networks.h"

#include <charconv>

#include "engine/calibration.h"
#include "layers/random_weights.h"
#include "ops/elementwise.h"
#include "random.h"
#include "sd15.h"

namespace ltw::bench {
namespace {

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
    : model_(backend, stable_diffusion_1(), RandomSource(1)), latent_(latent) {}

Forward Networks::forward(const std::string& name) {
  Backend& backend = model_.backend;
  const size_t dash = name.find('-');
  const std::string network = name.substr(0, dash);
  int64_t n = 0;
  if (dash != std::string::npos) std::from_chars(name.data() + dash + 1, name.data() + name.size(), n);
  require(n > 0, "'", name, "' is no network and batch, such as unet-2, vae-8 or text-1");
  const Shape latents{n, latent_, latent_, 4};
  if (network == "fp8" && !e4m3_) {
    e4m3_ = std::make_unique<Model>(backend, stable_diffusion_1(), RandomSource(1));
    use_e4m3(*e4m3_, measure_peaks(*e4m3_));
  }
  if (network == "unet" || network == "fp8") {
    const UNet* const unet = network == "fp8" ? &e4m3_->unet : &model_.unet;
    const Owner x = owned(random_tensor(latents, backend));
    const Owner bias = owned(random_tensor(Shape{n, model_.unet.time_bias_channels()}, backend));
    const Owner kv =
        owned(random_tensor(Shape{n, model_.config.text.positions, model_.unet.text_kv_channels()}, backend));
    return with_output(backend, latents, DType::kF32,
                       [unet, x, bias, kv](Context& ctx) { return (*unet)(*x, *bias, *kv, ctx); });
  }
  if (network == "vae") {
    const Owner z = owned(random_tensor(latents, backend));
    return with_output(backend, Shape{n, 8 * latent_, 8 * latent_, 3}, backend.activation_type(),
                       [this, z](Context& ctx) { return model_.vae_decoder(*z, ctx); });
  }
  require(network == "text", "'", name, "' is none of unet-N, fp8-N, vae-N, text-N");
  const Shape positions{n, model_.config.text.positions};
  OwnedTensor ids(backend, positions, DType::kI32);
  const std::vector<int32_t> some(static_cast<size_t>(positions.size()), 320);
  backend.upload(ids.tensor().data, some.data(), ids.tensor().bytes());
  return with_output(backend, Shape{n, model_.config.text.positions, model_.config.text.hidden_size},
                     DType::kF32,
                     [this, ids = owned(std::move(ids))](Context& ctx) { return model_.text(*ids, 1, ctx); });
}

}  // namespace ltw::bench
