#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <vector>

#include "engine/denoiser.h"
#include "engine/frame_noise.h"
#include "engine/init_picture.h"
#include "engine/render_config.h"
#include "sampling/trajectory.h"

namespace ltw {

// Noise to latents for frames of one render. What frames share is made in the constructor: the key prompts'
// keys and values, noise, the init picture's latent, the time steps' biases.
class FrameSampler {
 public:
  FrameSampler(const Model& model, Backend& backend, const RenderConfig& config,
               const std::atomic<bool>& cancelled);

  // Frames sampled at once.
  int64_t group() const { return group_; }
  // Memory of activations.
  int64_t bytes() const { return denoiser_.bytes(); }
  double text_seconds() const { return text_seconds_; }

  // Queues the sampling of `frames`, as many as a group has, into x [group, h, w, channels] float32.
  void sample(const Tensor& x, const std::vector<FrameSpec>& frames);

 private:
  // Per key, [1, tokens, text_kv_channels]: keys and values for cross-attention are linear in the
  // conditioning, so a frame's are the lerp of two keys'.
  using KeyKv = std::vector<Tensor>;

  // Each different prompt once: negative prompts are mostly one and the same.
  void encode_prompts();
  // The time steps' biases and the noise that sampling will ask for.
  void prepare();
  void blend(const Tensor& dst, const KeyKv& keys, const FrameSpec& frame) const;
  Sampling sampling();

  const Model& model_;
  Backend& backend_;
  const RenderConfig config_;
  const int64_t group_;
  const Shape latent_;
  const Trajectory trajectory_;
  std::map<std::vector<int32_t>, OwnedTensor> encoded_;  // by token ids
  KeyKv prompts_, negatives_;                            // views of them
  double text_seconds_ = 0;
  FrameNoise noise_;
  std::optional<InitPicture> init_picture_;
  Denoiser denoiser_;
  const Buffer memory_;  // of the sampler's latents
};

}  // namespace ltw
