// Samplers as functions over a table of noise levels. The network is known only as denoise(x, sigma).
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

// What becomes of an evaluation in the pass that ends it: x * the latent + denoised * the estimate. That pass
// may make the network's next input of it as well: where the result is evaluated at `next_sigma` if at all,
// and unchanged until then. 0: not known.
struct Mix {
  double x = 0, denoised = 1, next_sigma = 0;
};

// dst = mix.x * x + mix.denoised * D(x, sigma), where D is the network's estimate of the clean latent,
// guidance included. x and dst are float32 latents [n, h, w, c], x in the "variance exploding" scale (x =
// clean + sigma * noise); dst may be x.
using Denoise = std::function<void(const Tensor& dst, const Tensor& x, double sigma, const Mix& mix)>;
// Writes the sampler's next draw of standard normal noise.
using DrawNoise = std::function<void(const Tensor& noise)>;

struct Sampling {
  std::vector<double> sigmas;  // descending: a Trajectory's
  int steps = 0;               // of the whole schedule: how often dpm_fast evaluates the network
  double eta = 0;              // of ddim; the ancestral samplers' is 1
  Denoise denoise;
  DrawNoise draw_noise;
};

// Takes x from the first sigma to the last, in place. x is clean + sigmas[0] * noise for every sampler: for
// ddim and plms, whose papers keep latents at unit variance, x / sqrt(alpha_bar) on entry (Trajectory has
// the scales); on return their x is times sqrt(alpha_bar) again. A single sigma evaluates nothing.
//
// Evaluations, n being the steps between sigmas:
//   klms, euler, euler_ancestral, dpmpp_2m, ddim   n
//   dpm2, dpm2_ancestral, heun, dpmpp_2s_ancestral 2n - 1 when the last sigma is 0
//   plms                                           n + 1
//   dpm_fast                                       `steps`, however few sigmas are left
//   dpm_adaptive                                   as many as it needs
// dpm_fast and dpm_adaptive go from the first sigma to the smallest above 0 and end there, still noisy; when
// these are one and the same they leave x as it is.
//
// Draws: euler_ancestral, dpm2_ancestral and dpmpp_2s_ancestral draw once after every step but one to sigma
// 0; ddim once after every step when eta > 0; the others never. That is the order of Deforum's generator:
// what k-diffusion and CompVis draw besides is multiplied by 0, never mixed with draws that count, and a
// frame's generator starts anew from its seed, so leaving it undrawn changes nothing.
//
// Nothing but dpm_adaptive waits for the device: see error_norm. Latents in between come from the context's
// arena: up to 5 of x's size.
void sample(Sampler sampler, const Tensor& x, const Sampling& sampling, Context& ctx);

// What sample() would ask for: the sigmas of its evaluations in order, and the number of draws. Evaluates
// nothing. What dpm_adaptive asks for depends on the latent; it is rehearsed as if every step were accepted.
struct Rehearsal {
  std::vector<double> sigmas;
  int draws = 0;
};
Rehearsal rehearse(Sampler sampler, const Sampling& sampling, Backend& backend);

}  // namespace ltw
