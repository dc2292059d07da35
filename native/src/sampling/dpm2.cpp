// DPM-Solver-2 (Lu et al. 2022) with its midpoint in log sigma, on the derivative of Karras et al. 2022.
#include <cmath>

#include "sampling/solvers.h"

namespace ltw {
namespace {

void dpm2_steps(Solver& solver, double eta) {
  const Tensor& x = solver.x;
  ArenaTensor eps = solver.tensor(), x_mid = solver.tensor();
  for (size_t i = 0; i < solver.steps(); ++i) {
    const double sigma = solver.sigmas[i];
    const auto [down, up] = ancestral_step(sigma, solver.sigmas[i + 1], eta);
    if (down == 0) {
      solver.follow(x, x, sigma, 0);
    } else {
      const double sigma_mid = std::sqrt(sigma * down);
      solver.follow(x_mid, x, sigma, sigma_mid);
      solver.predict_noise(eps, x_mid, sigma_mid);
      solver.set(x, {{1, x}, {down - sigma, eps}});
    }
    solver.add_noise(up);
  }
}

}  // namespace

void dpm2(Solver& solver) { dpm2_steps(solver, 0); }

void dpm2_ancestral(Solver& solver) { dpm2_steps(solver, 1); }

}  // namespace ltw
