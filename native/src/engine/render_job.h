#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/denoiser.h"
#include "engine/frame_noise.h"
#include "engine/init_picture.h"
#include "sampling/trajectory.h"

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
  const int32_t* prompt_ids;    // [key_count, positions]; read by RenderJob's constructor only
  const int32_t* negative_ids;  // [key_count, positions]; likewise
  std::vector<uint64_t> seeds;  // [key_count]
  const uint8_t* init_rgb;      // [height, width, 3] or null; likewise
};

// A frame between two key prompts.
using FrameSpec = FrameNoise::Blend;

// Renders frames of one render. Everything that frames share is made in the constructor: the key prompts'
// keys and values, the init picture's latent, the plans.
class RenderJob {
 public:
  RenderJob(const Model& model, const RenderConfig& config);

  // pixels: host memory, [frames, height, width, 3], uint8 or uint16.
  void render(const std::vector<FrameSpec>& frames, void* pixels);
  void cancel() { cancelled_ = true; }
  int64_t frame_bytes() const { return config_.width * config_.height * 3 * config_.bits / 8; }

 private:
  // Per key, [1, tokens, text_kv_channels]: keys and values for cross-attention are linear in the
  // conditioning, so a frame's are the lerp of two keys'.
  using KeyKv = std::vector<Tensor>;

  // Each different prompt once: negative prompts are mostly one and the same.
  void encode_prompts();
  void blend(const Tensor& dst, const KeyKv& keys, const FrameSpec& frame) const;
  void sample(const std::vector<FrameSpec>& group);
  void decode(const Tensor& latent, const FrameSpec& frame, void* pixels);

  const Model& model_;
  const RenderConfig config_;
  std::atomic<bool> cancelled_{false};
  const int64_t group_;  // frames sampled at once
  const Shape latent_;   // of one frame: [1, h, w, channels]
  const Trajectory trajectory_;
  std::map<std::vector<int32_t>, OwnedTensor> encoded_;  // by token ids
  KeyKv prompts_, negatives_;                            // views of them
  FrameNoise noise_;
  std::optional<InitPicture> init_picture_;
  Denoiser denoiser_;
  VaeDecoding vae_;
  const Buffer sampler_memory_;
  const OwnedTensor x_;       // [group, h, w, channels] float32
  const OwnedTensor pixels_;  // [1, height, width, 3]
  const OwnedTensor finite_;  // [1] int32
};

}  // namespace ltw
