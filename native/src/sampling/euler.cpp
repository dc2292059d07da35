// Euler's method and what follows from it.
#include <algorithm>
#include <cmath>

#include "sampling/solvers.h"

namespace ltw {
namespace {

void euler_steps(Solver& solver, double eta) {
  const auto& sigmas = solver.sigmas;
  for (size_t i = 0; i < solver.steps(); ++i) {
    const auto [down, up] = ancestral_step(sigmas[i], sigmas[i + 1], eta);
    solver.follow(solver.x, solver.x, sigmas[i], down);
    solver.add_noise(up);
  }
}

}  // namespace

AncestralStep ancestral_step(double sigma, double next, double eta) {
  const double up = std::min(next, eta * next * std::sqrt((sigma - next) * (sigma + next)) / sigma);
  return {std::sqrt((next - up) * (next + up)), up};
}

// Karras et al. 2022, algorithm 1 without its second-order correction.
void euler(Solver& solver) { euler_steps(solver, 0); }

void euler_ancestral(Solver& solver) { euler_steps(solver, 1); }

// Song et al. 2021, eq. 12: for x / sqrt(alpha_bar) it is Euler's method over its sigmas, and its noise is
// that of an ancestral step.
void ddim(Solver& solver, double eta) {
  euler_steps(solver, eta);
  solver.set(solver.x, {{1 / std::hypot(1, solver.sigmas.back()), solver.x}});
}

// Karras et al. 2022, algorithm 1.
void heun(Solver& solver) {
  const auto& sigmas = solver.sigmas;
  ArenaTensor eps = solver.tensor(), x_next = solver.tensor(), eps_next = solver.tensor();
  for (size_t i = 0; i < solver.steps(); ++i) {
    const double step = sigmas[i + 1] - sigmas[i];
    if (sigmas[i + 1] == 0) {
      solver.follow(solver.x, solver.x, sigmas[i], 0);
    } else {
      solver.predict_noise(eps, solver.x, sigmas[i]);
      solver.set(x_next, {{1, solver.x}, {step, eps}});
      solver.predict_noise(eps_next, x_next, sigmas[i + 1]);
      solver.set(solver.x, {{1, solver.x}, {step / 2, eps}, {step / 2, eps_next}});
    }
  }
}

}  // namespace ltw
