// The samplers one by one, and what they share.
#pragma once

#include <vector>

#include "ops/elementwise.h"
#include "sampling/sampler.h"

namespace ltw {

// A latent on its way down the sigmas.
class Solver {
 public:
  Solver(const Tensor& latent, const Sampling& sampling, Context& context)
      : x(latent), sigmas(sampling.sigmas), ctx(context), sampling_(sampling) {}

  const Tensor x;
  const std::vector<double>& sigmas;
  Context& ctx;

  size_t steps() const { return sigmas.size() - 1; }
  ArenaTensor tensor() { return ctx.tensor(x.shape, DType::kF32); }
  void set(const Tensor& dst, const std::vector<Term>& terms) { weighted_sum(dst, terms, ctx); }

  void denoise(const Tensor& denoised, const Tensor& at, double sigma) {
    sampling_.denoise(denoised, at, sigma, {});
  }
  // eps = (x - D(x, sigma)) / sigma, the noise in x, is also dx/dsigma of the probability flow
  // (Karras et al. 2022, eq. 1 and 3 with sigma(t) = t).
  void predict_noise(const Tensor& eps, const Tensor& at, double sigma) {
    sampling_.denoise(eps, at, sigma, {1 / sigma, -1 / sigma});
  }
  // dst = at + (next - sigma) * eps, along the flow's tangent; dst may be `at`. What adds noise to it takes
  // it to another sigma than `next`.
  void follow(const Tensor& dst, const Tensor& at, double sigma, double next) {
    sampling_.denoise(dst, at, sigma, {next / sigma, 1 - next / sigma, next});
  }
  // x += amount * the next draw; no draw for nothing.
  void add_noise(double amount) {
    if (amount == 0) return;
    const ArenaTensor noise = tensor();
    sampling_.draw_noise(noise);
    set(x, {{1, x}, {amount, noise}});
  }

 private:
  const Sampling& sampling_;
};

// A step from `sigma` to `next` that goes down to `down` and adds noise of `up`: up^2 + down^2 = next^2.
// With eta 1 it has the mean and variance of the reverse chain (Song et al. 2021, eq. 16, for x /
// sqrt(alpha_bar)).
struct AncestralStep {
  double down, up;
};
AncestralStep ancestral_step(double sigma, double next, double eta);

void euler(Solver& solver);
void euler_ancestral(Solver& solver);
void heun(Solver& solver);
void ddim(Solver& solver, double eta);
void dpm2(Solver& solver);
void dpm2_ancestral(Solver& solver);
void dpm_fast(Solver& solver, int evaluations);
void dpm_adaptive(Solver& solver);
void dpmpp_2s_ancestral(Solver& solver);
void dpmpp_2m(Solver& solver);
void lms(Solver& solver);
void plms(Solver& solver);

}  // namespace ltw
