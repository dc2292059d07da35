// DPM-Solver (Lu et al. 2022) in t = -log sigma: steps of one length, and steps of adapted length.
#include <algorithm>
#include <cmath>

#include "sampling/solvers.h"

namespace ltw {
namespace {

// A step from x at `sigma` over a length `h` in t. Its stages lie at fractions of it.
class DpmStep {
 public:
  explicit DpmStep(Solver& solver)
      : solver_(solver), eps_(solver.tensor()), eps_stage_(solver.tensor()), x_stage_(solver.tensor()) {}

  void set(double t, double t_next) {
    sigma_ = std::exp(-t);
    h_ = t_next - t;
  }
  void predict_noise() { solver_.predict_noise(eps_, solver_.x, sigma_); }
  const Tensor& x_stage() const { return x_stage_; }

  void first_order(const Tensor& dst) { advance(dst, 1); }

  // Algorithm 4 with the stage at r1; leaves its eps for third_order.
  void second_order(const Tensor& dst, double r1) {
    predict_stage(r1);
    const double change = constant(1) / (2 * r1);
    solver_.set(dst, {{1, solver_.x}, {constant(1) - change, eps_}, {change, eps_stage_}});
  }

  // Algorithm 5 with stages at 1/3, where eps_stage_ is taken to be, and 2/3. dst may be x_stage().
  void third_order(const Tensor& dst) {
    constexpr double r1 = 1. / 3, r2 = 2. / 3;
    advance(x_stage_, r2, linear(r2) * r2 / r1);
    solver_.predict_noise(eps_stage_, x_stage_, sigma(r2));
    advance(dst, 1, linear(1) / r2);
  }
  void predict_stage(double r) {
    advance(x_stage_, r);
    solver_.predict_noise(eps_stage_, x_stage_, sigma(r));
  }

 private:
  double sigma(double r) const { return sigma_ * std::exp(-r * h_); }
  // What an eps that stays as it is, and one that grows linearly from 0 to 1, add to x over a fraction r.
  double constant(double r) const { return sigma(r) - sigma_; }
  double linear(double r) const { return -sigma(r) * (std::expm1(r * h_) / (r * h_) - 1); }

  // dst = x after a fraction r; `change` is the weight of eps_stage_ - eps_.
  void advance(const Tensor& dst, double r) { solver_.set(dst, {{1, solver_.x}, {constant(r), eps_}}); }
  void advance(const Tensor& dst, double r, double change) {
    solver_.set(dst, {{1, solver_.x}, {constant(r) - change, eps_}, {change, eps_stage_}});
  }

  Solver& solver_;
  ArenaTensor eps_, eps_stage_, x_stage_;
  double sigma_ = 0, h_ = 0;
};

struct Interval {
  double begin, end;  // in t
};

// From the first sigma to the smallest above 0; empty when there is none in between.
Interval interval(const std::vector<double>& sigmas) {
  if (sigmas.size() == 1) return {0, 0};
  const double last = sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
  return {-std::log(sigmas.front()), -std::log(last)};
}

}  // namespace

// Steps of order 3 as long as evaluations last, and one or two smaller ones to use them all (section 3.4).
void dpm_fast(Solver& solver, int evaluations) {
  const auto [begin, end] = interval(solver.sigmas);
  if (begin == end) return;
  // Order 3 but for the end: 2 and 1 when 3 divides the evaluations, else what is left of them.
  const int steps = evaluations / 3 + 1;
  DpmStep step(solver);
  for (int i = 0; i < steps; ++i) {
    const int left = steps - i, rest = evaluations % 3;
    const int order = left == 1 ? std::max(rest, 1) : left == 2 && rest == 0 ? 2 : 3;
    step.set(std::lerp(begin, end, i / double(steps)), std::lerp(begin, end, (i + 1) / double(steps)));
    step.predict_noise();
    if (order == 1) {
      step.first_order(solver.x);
    } else if (order == 2) {
      step.second_order(solver.x, 1. / 2);
    } else {
      step.predict_stage(1. / 3);
      step.third_order(solver.x);
    }
  }
}

// Orders 2 and 3 share their first stage; their difference steers the length (section 3.4, with the
// controller of k-diffusion, which adds the limiter).
void dpm_adaptive(Solver& solver) {
  constexpr double kAbsolute = 0.0078, kRelative = 0.05;  // 2 / 256 is a level of a picture in -1..1
  constexpr double kAccept = 0.81;
  const auto [begin, end] = interval(solver.sigmas);
  double t = begin, h = 0.05;
  DpmStep step(solver);
  ArenaTensor low = solver.tensor(), previous = solver.tensor();
  solver.set(previous, {{1, solver.x}});
  for (bool accepted = true; t < end - 1e-5;) {
    const double t_next = std::min(end, t + h);
    step.set(t, t_next);
    if (accepted) step.predict_noise();
    step.second_order(low, 1. / 3);
    step.third_order(step.x_stage());
    const double error = error_norm(low, step.x_stage(), previous, kAbsolute, kRelative, solver.ctx);
    if (!std::isfinite(error)) {
      fail(Status::kNotFinite, "dpm_adaptive: the latent is not finite at sigma ", std::exp(-t));
    }
    // Towards an error of 1, at most 2.57 times as long.
    const double factor = 1 + std::atan(std::cbrt(1 / (error + 1e-8)) - 1);
    accepted = factor >= kAccept;
    h *= factor;
    if (!accepted) continue;
    std::swap(previous, low);
    solver.set(solver.x, {{1, step.x_stage()}});
    t = t_next;
  }
}

}  // namespace ltw
