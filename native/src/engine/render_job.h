#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine/denoiser.h"
#include "engine/frame_noise.h"
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
  int64_t key_count;
  const int32_t* prompt_ids;    // [key_count, positions]
  const int32_t* negative_ids;  // [key_count, positions]
  std::vector<uint64_t> seeds;  // [key_count]
  const uint8_t* init_rgb;      // [height, width, 3] or null
};

// A frame between two key prompts.
struct FrameSpec {
  int64_t from_key, to_key;
  double weight;
};

// Renders frames of one render. Everything that frames share is made in the constructor: the key prompts' keys and
// values, the init picture's latent, the plans.
class RenderJob {
 public:
  RenderJob(const Model& model, const RenderConfig& config);

  // pixels: host memory, [count, height, width, 3], uint8 or uint16.
  void render(const FrameSpec* frames, int64_t count, void* pixels);
  void cancel() { cancelled_ = true; }
  int64_t frame_bytes() const { return config_.width * config_.height * 3 * config_.bits / 8; }

 private:
  void encode_prompts();
  void encode_init_picture();
  void blend_text(const FrameSpec& frame, int64_t slot, Context& ctx);
  void sample(const FrameSpec* frames, int64_t count);
  void decode(int64_t slot, void* pixels);

  const Model& model_;
  const RenderConfig config_;
  std::atomic<bool> cancelled_{false};
  const Shape latent_;  // of one frame: [1, h, w, channels]
  const int64_t group_;  // frames sampled at once
  std::unique_ptr<Denoiser> denoiser_;
  std::unique_ptr<VaeDecoding> vae_;
  std::unique_ptr<FrameNoise> noise_;
  std::vector<OwnedTensor> prompt_kv_, negative_kv_;  // per key, [1, tokens, text_kv_channels]
  OwnedTensor x_;                                     // [group, h, w, channels] float32
  Buffer sampler_memory_;
  OwnedTensor pixels_, finite_;
};

}  // namespace ltw
