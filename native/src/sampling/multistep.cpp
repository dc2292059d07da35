// Linear multistep methods: x += the integral of a polynomial through the latest predictions of noise.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sampling/solvers.h"

namespace ltw {
namespace {

constexpr size_t kOrder = 4;

// The latest predictions of noise, newest first.
class History {
 public:
  // Room for one more; the oldest of `kOrder` gives way.
  const Tensor& push(Solver& solver) {
    if (eps_.size() < kOrder) eps_.push_back(solver.tensor());
    std::rotate(eps_.begin(), eps_.end() - 1, eps_.end());
    return eps_.front();
  }
  size_t size() const { return eps_.size(); }

  // x += step * sum of coefficients * eps
  void advance(Solver& solver, double step, const std::vector<double>& coefficients) {
    std::vector<Term> terms = {{1, solver.x}};
    for (size_t j = 0; j < coefficients.size(); ++j) terms.emplace_back(step * coefficients[j], eps_[j]);
    solver.set(solver.x, terms);
  }

 private:
  std::vector<ArenaTensor> eps_;
};

// The Lagrange polynomial that is 1 at node j and 0 at the others, averaged over [begin, end]. Gauss-Legendre
// with two points is exact up to cubics, that is order 4.
double lagrange_mean(const std::vector<double>& nodes, size_t j, double begin, double end) {
  double mean = 0;
  for (double point : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
    const double tau = std::midpoint(begin, end) + point * (end - begin) / 2;
    double product = 1;
    for (size_t k = 0; k < nodes.size(); ++k) {
      if (k != j) product *= (tau - nodes[k]) / (nodes[j] - nodes[k]);
    }
    mean += product / 2;
  }
  return mean;
}

}  // namespace

// Adams-Bashforth of order 4 over steps of unequal length, in sigma.
void lms(Solver& solver) {
  const auto& sigmas = solver.sigmas;
  History history;
  for (size_t i = 0; i < solver.steps(); ++i) {
    solver.predict_noise(history.push(solver), solver.x, sigmas[i]);
    std::vector<double> nodes, coefficients;
    for (size_t j = 0; j < history.size(); ++j) nodes.push_back(sigmas[i - j]);
    for (size_t j = 0; j < nodes.size(); ++j) {
      coefficients.push_back(lagrange_mean(nodes, j, sigmas[i], sigmas[i + 1]));
    }
    history.advance(solver, sigmas[i + 1] - sigmas[i], coefficients);
  }
}

// Pseudo linear multistep (Liu et al. 2022), as CompVis starts it: the first step is Heun's. The coefficients
// are those of steps of equal length in time; the paper's transfer, linear in eps at a given x, is one of
// Euler's steps for x / sqrt(alpha_bar).
void plms(Solver& solver) {
  static const std::array<std::vector<double>, kOrder> kAdamsBashforth = {
      {{1}, {3. / 2, -1. / 2}, {23. / 12, -16. / 12, 5. / 12}, {55. / 24, -59. / 24, 37. / 24, -9. / 24}}};
  const Tensor& x = solver.x;
  const auto& sigmas = solver.sigmas;
  History history;
  for (size_t i = 0; i < solver.steps(); ++i) {
    const double step = sigmas[i + 1] - sigmas[i];
    const Tensor& eps = history.push(solver);
    solver.predict_noise(eps, x, sigmas[i]);
    if (i == 0) {
      ArenaTensor x_next = solver.tensor(), eps_next = solver.tensor();
      solver.set(x_next, {{1, x}, {step, eps}});
      solver.predict_noise(eps_next, x_next, sigmas[1]);
      solver.set(x, {{1, x}, {step / 2, eps}, {step / 2, eps_next}});
    } else {
      history.advance(solver, step, kAdamsBashforth[history.size() - 1]);
    }
  }
  solver.set(x, {{1 / std::hypot(1, sigmas.back()), x}});
}

}  // namespace ltw
