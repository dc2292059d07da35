#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/model.h"
#include "recording.h"

namespace ltw::bench {

// Stable Diffusion 1.5's networks with random weights.
class Networks {
 public:
  // latent: height and width of the latents.
  Networks(Backend& backend, int64_t latent);

  // name: the network and its batch: unet-N, fp8-N (the UNet in e4m3), vae-N (the
  // decoder) or text-N. The result owns its inputs.
  Forward forward(const std::string& name);
  const Model& model() const { return model_; }

 private:
  Model model_;
  int64_t latent_;
  std::unique_ptr<Model> e4m3_;  // made for the first fp8-N
};

}  // namespace ltw::bench
