#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "engine/evaluation.h"
#include "sampling/sampler.h"

namespace ltw {

// Latents that a sampler's arena has room for: six at most of its own, and one of noise.
constexpr int64_t kSamplerLatents = 8;

// Evaluations that the host queues before it waits for the first of them: enough for the device never to wait
// for the host, few enough for a cancelled render to end soon.
constexpr size_t kQueuedEvaluations = 3;

// dst = mix.x x + mix.denoised D(x, sigma) for a group of frames with classifier-free guidance (Ho & Salimans
// 2022): one evaluation of the network with every frame's unconditional and conditional input side by side,
// or the conditional input alone at guidance scale 1.
class Denoiser {
 public:
  // `cancelled` is looked at before each evaluation.
  Denoiser(const Model& model, Backend& backend, int64_t frames, int64_t h, int64_t w, double guidance_scale,
           const std::atomic<bool>& cancelled);

  // Where a frame's text keys and values go, [1, tokens, text_kv_channels] each.
  Tensor text_kv(int64_t frame) const;
  int64_t bytes() const { return unet_.bytes(); }  // of activations
  bool guided() const { return guidance_scale_ != 1.0; }
  Tensor negative_kv(int64_t frame) const;  // only when guided

  // Makes what these sigmas need, once: nothing waits for it later.
  void prepare(const std::vector<double>& sigmas);

  // Queues one evaluation, and waits while too many are queued. x, dst: [frames, h, w, channels] float32.
  void operator()(const Tensor& dst, const Tensor& x, double sigma, const Mix& mix);

 private:
  // Of which x at which sigma the network's input was made: by the pass that made x.
  struct Input {
    const void* x = nullptr;
    double sigma = 0;
    bool operator==(const Input&) const = default;
  };

  const Tensor& time_bias(double sigma);

  const Model& model_;
  Backend& backend_;
  const int64_t frames_;
  const double guidance_scale_;
  const std::atomic<bool>& cancelled_;
  UNetEvaluation unet_;
  Input input_;
  TimeBiasEvaluation time_bias_;
  std::array<std::unique_ptr<Event>, kQueuedEvaluations> evaluated_;
  size_t next_ = 0;                            // of evaluated_: the one reached first
  std::map<double, OwnedTensor> time_biases_;  // by sigma: a schedule's steps come again with every frame
};

}  // namespace ltw
