#pragma once

#include <map>
#include <vector>

#include "engine/frame_noise.h"
#include "engine/model.h"

namespace ltw {

// The init picture's place in latent space. As upstream, its latent is not the posterior's mean but a draw
// from it: scaling_factor * (mean + std * noise), with the frame's own noise.
class InitPicture {
 public:
  // rgb: host memory, [height, width, 3].
  InitPicture(const Model& model, Backend& backend, const uint8_t* rgb, int64_t height, int64_t width);

  // dst: [1, h, w, channels] float32.
  void latent(const Tensor& dst, FrameNoise& noise, const FrameNoise::Blend& blend, Context& ctx);

 private:
  const Tensor& noised(const std::vector<float>& noise);

  Backend& backend_;
  OwnedTensor mean_;              // scaled
  std::vector<float> deviation_;  // channels first, scaled
  // deviation * noise, by the noise's place: a latent is linear in it.
  std::map<const std::vector<float>*, OwnedTensor> noised_;
};

}  // namespace ltw
