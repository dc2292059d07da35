#pragma once

#include <cstdint>
#include <vector>

#include "engine/frame_noise.h"
#include "models/config.h"
#include "sampling/noise_schedule.h"
#include "sampling/sampler.h"

namespace ltw {

// What a render has in common over its frames; see ltw_render_config for units and ranges.
struct RenderConfig {
  int64_t width, height;
  Sampler sampler;
  SigmaSchedule sigma_schedule;
  int steps, run_steps;
  double guidance_scale, ddim_eta;
  Generator generator;
  int64_t clip_skip;
  int bits;
  int64_t batch;
  int64_t key_count;
  const int32_t* prompt_ids;    // [key_count, positions]; read while the job is made
  const int32_t* negative_ids;  // [key_count, positions]; likewise
  std::vector<uint64_t> seeds;  // [key_count]
  const uint8_t* init_rgb;      // [height, width, 3] or null; likewise

  int64_t frame_bytes() const { return width * height * 3 * bits / 8; }
  // Of one frame: [1, h, w, channels].
  Shape latent(const ModelConfig& model) const {
    return {1, height / model.vae.factor(), width / model.vae.factor(), model.vae.latent_channels};
  }
};

// A frame between two key prompts.
using FrameSpec = FrameNoise::Blend;

}  // namespace ltw
