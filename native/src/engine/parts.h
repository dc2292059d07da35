#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <tuple>

#include "engine/evaluation.h"
#include "sampling/sampler.h"

namespace ltw {

struct SampleConfig {
  int64_t batch, height, width;  // of the latents
  Sampler sampler;
  SigmaSchedule sigma_schedule;
  int steps, run_steps;
  double guidance_scale, ddim_eta;
};

// The model's parts, one by one, over host tensors in NCHW: what tests and benchmarks call. Keeps the plan of
// the last shape of each part.
class Parts {
 public:
  explicit Parts(const Model& model) : model_(model) {}

  void text_encode(const int32_t* ids, int64_t count, int64_t clip_skip, float* states);
  void unet(int64_t n, int64_t h, int64_t w, int64_t tokens, const float* x, const float* timesteps,
            const float* context, float* out);
  void vae_encode(int64_t n, int64_t h, int64_t w, const float* image, float* mean, float* logvar);
  void vae_decode(int64_t n, int64_t h, int64_t w, const float* z, float* image);
  void sample(const SampleConfig& config, const float* context, const float* uncond, const float* step_noise,
              int64_t step_noise_count, float* latents);

  // Before the UNet's weights change.
  void forget_unet() { unet_ = {}; }

 private:
  template <typename Evaluation>
  struct Last {
    std::tuple<int64_t, int64_t, int64_t, int64_t> shape;
    std::unique_ptr<Evaluation> evaluation;
  };

  const Model& model_;
  Last<TextEvaluation> text_;
  Last<TextKvEvaluation> text_kv_;
  Last<UNetEvaluation> unet_;
  Last<VaeDecoding> decoding_;
  Last<VaeEncoding> encoding_;
  std::unique_ptr<TimeBiasEvaluation> time_bias_;

  template <typename Evaluation, typename... Args>
  Evaluation& reuse(Last<Evaluation>& last, const std::tuple<int64_t, int64_t, int64_t, int64_t>& shape,
                    const Args&... args) {
    if (!last.evaluation || last.shape != shape) {
      last.evaluation.reset();  // the old plan's memory goes before the new one's comes
      last.evaluation = std::make_unique<Evaluation>(model_, model_.backend, args...);
      last.shape = shape;
    }
    return *last.evaluation;
  }

  // Keys and values of states [1, tokens, context_size], written to `dst` in device memory.
  void text_kv(const float* states, int64_t tokens, const Tensor& dst);
};

}  // namespace ltw
