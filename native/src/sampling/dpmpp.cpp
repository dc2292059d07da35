// DPM-Solver++ (Lu et al. 2022b): exponential integrators of the denoised latent. With t = -log sigma and
// h = t_next - t, exp(-h) is sigma_next / sigma.
#include <cmath>
#include <utility>

#include "sampling/solvers.h"

namespace ltw {

// Algorithm 1 (2S) with r = 1/2, over ancestral steps.
void dpmpp_2s_ancestral(Solver& solver) {
  const Tensor& x = solver.x;
  ArenaTensor denoised = solver.tensor(), x_mid = solver.tensor();
  for (size_t i = 0; i < solver.steps(); ++i) {
    const double sigma = solver.sigmas[i];
    const auto [down, up] = ancestral_step(sigma, solver.sigmas[i + 1], 1);
    if (down == 0) {
      solver.follow(x, x, sigma, 0);
    } else {
      const double sigma_mid = std::sqrt(sigma * down);
      solver.follow(x_mid, x, sigma, sigma_mid);
      solver.denoise(denoised, x_mid, sigma_mid);
      solver.set(x, {{down / sigma, x}, {1 - down / sigma, denoised}});
    }
    solver.add_noise(up);
  }
}

// Algorithm 2 (2M); the first step, and one to sigma 0, are of first order.
void dpmpp_2m(Solver& solver) {
  const auto& sigmas = solver.sigmas;
  ArenaTensor denoised = solver.tensor(), previous = solver.tensor();
  for (size_t i = 0; i < solver.steps(); ++i) {
    const double ratio = sigmas[i + 1] / sigmas[i];
    solver.denoise(denoised, solver.x, sigmas[i]);
    if (i == 0 || sigmas[i + 1] == 0) {
      solver.set(solver.x, {{ratio, solver.x}, {1 - ratio, denoised}});
    } else {
      // 1 / (2 r), r = the last step's h / this one's
      const double extrapolation = std::log(ratio) / std::log(sigmas[i] / sigmas[i - 1]) / 2;
      solver.set(solver.x, {{ratio, solver.x},
                            {(1 - ratio) * (1 + extrapolation), denoised},
                            {(ratio - 1) * extrapolation, previous}});
    }
    std::swap(denoised, previous);
  }
}

}  // namespace ltw
