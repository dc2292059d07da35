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
      : Model(target, model_config, source, *make_packer(target)) {}

  Backend& backend;
  const ModelConfig config;
  const NoiseSchedule schedule;
  const ClipText text;
  UNet unet;  // changes once at most, before anything is planned over it: use_e4m3()
  const VaeDecoder vae_decoder;
  const VaeEncoder vae_encoder;

 private:
  Model(Backend& target, const ModelConfig& model_config, const WeightSource& source, Packer& packer)
      : backend(target),
        config(model_config),
        schedule(config.beta_start, config.beta_end, static_cast<int>(config.train_timesteps)),
        text(WeightScope(source, packer, "text_encoder.text_model"), config.text),
        unet(WeightScope(source, packer, "unet"), config.unet),
        vae_decoder(WeightScope(source, packer, "vae"), config.vae),
        vae_encoder(WeightScope(source, packer, "vae"), config.vae) {
    packer.finish();
  }
};

}  // namespace ltw
