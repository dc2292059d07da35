#pragma once

#include "models/config.h"

namespace ltw::bench {

// The config files of stable-diffusion-v1-5.
inline const ModelConfig& stable_diffusion_1() {
  static const ModelConfig config{
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
  return config;
}

}  // namespace ltw::bench
