#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
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

// See ltw_render_stats.
struct RenderStats {
  int64_t frames = 0, wide_decodes = 0;
  double text_seconds = 0, sampling_seconds = 0, decoding_seconds = 0, copying_seconds = 0;
};

// Renders frames of one render. Everything that frames share is made in the constructor: the key prompts'
// keys and values, the init picture's latent, the plans. One thread may submit while another collects.
class RenderJob {
 public:
  RenderJob(const Model& model, const RenderConfig& config);

  void submit(const std::vector<FrameSpec>& frames);
  // pixels: host memory, [frames, height, width, 3], uint8 or uint16.
  void collect(void* pixels, int64_t pixel_bytes);
  void cancel();
  RenderStats stats() const;
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

  struct Batch {
    std::vector<FrameSpec> frames;
    std::vector<char> pixels;
  };

  const Model& model_;
  const RenderConfig config_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;  // of what follows, up to the stats
  std::condition_variable changed_;
  int64_t submitted_ = 0, collected_ = 0;  // batches; a batch's place is its number modulo two
  std::array<Batch, 2> batches_;
  RenderStats stats_;
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

// The largest config.batch up to the given one for which the memory free now suffices; 0 for none.
int64_t largest_batch(const Model& model, const RenderConfig& config);

}  // namespace ltw
