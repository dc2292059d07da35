#pragma once

#include "models/clip_text.h"
#include "models/unet.h"
#include "models/vae.h"
#include "sampling/noise_schedule.h"

namespace ltw {

// The networks of one checkpoint, packed for one backend.
class Model {
 public:
  Model(Backend& target, const ModelConfig& model_config, const WeightSource& source)
      : backend(target),
        config(model_config),
        schedule(config.beta_start, config.beta_end, static_cast<int>(config.train_timesteps)),
        text(WeightScope(source, target, "text_encoder.text_model"), config.text),
        unet(WeightScope(source, target, "unet"), config.unet),
        vae_decoder(WeightScope(source, target, "vae"), config.vae),
        vae_encoder(WeightScope(source, target, "vae"), config.vae) {}

  Backend& backend;
  const ModelConfig config;
  const NoiseSchedule schedule;
  const ClipText text;
  const UNet unet;
  const VaeDecoder vae_decoder;
  const VaeEncoder vae_encoder;
};

}  // namespace ltw
