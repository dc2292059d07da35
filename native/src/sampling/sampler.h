// Samplers as functions over a sigma table. The network is known only as denoise(x, sigma).
#pragma once

#include <functional>
#include <vector>

#include "backend/context.h"

namespace ltw {

// The values of ltw_sampler.
enum class Sampler {
  kLms = 0,
  kDpm2 = 1,
  kDpm2Ancestral = 2,
  kHeun = 3,
  kEuler = 4,
  kEulerAncestral = 5,
  kDpmFast = 6,
  kDpmAdaptive = 7,
  kDpmpp2sAncestral = 8,
  kDpmpp2m = 9,
  kDdim = 10,
  kPlms = 11,
};

// denoised = D(x, sigma): the network's estimate of the clean latent, guidance included. x and denoised are
// float32 latents [n, h, w, c], x in the "variance exploding" scale (x = clean + sigma * noise).
using Denoise = std::function<void(const Tensor& denoised, const Tensor& x, double sigma)>;
// Writes the sampler's next draw of standard normal noise.
using DrawNoise = std::function<void(const Tensor& noise)>;

}  // namespace ltw
