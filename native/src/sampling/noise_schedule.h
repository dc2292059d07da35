// The noise levels a diffusion model was trained on, and the tables that samplers walk down. In double.
#pragma once

#include <vector>

namespace ltw {

// The values of ltw_sigma_schedule.
enum class SigmaSchedule { kCompVis = 0, kKarras = 1 };

// Training timestep t noised a clean latent to sqrt(alpha_bar) * clean + sqrt(1 - alpha_bar) * noise; divided
// by sqrt(alpha_bar) that is clean + sigma * noise, sigma = sqrt((1 - alpha_bar) / alpha_bar).
class NoiseSchedule {
 public:
  // Betas linear in their square roots.
  NoiseSchedule(double beta_start, double beta_end, int train_timesteps);

  int train_timesteps() const { return static_cast<int>(alphas_cumprod_.size()); }
  const std::vector<double>& alphas_cumprod() const { return alphas_cumprod_; }

  // Linear in log sigma between the training timesteps; both ways, clamped to their range.
  double sigma(double timestep) const;
  double timestep(double sigma) const;

  // Descending, steps values and 0. CompVis: timesteps equally spaced; Karras: rho 7 over the same range.
  std::vector<double> sigmas(SigmaSchedule schedule, int steps) const;

  // CompVis' "uniform" timesteps for ddim and plms, descending to 1. There are more than `steps` of them when
  // steps does not divide the training timesteps: 31 for 30, 63 for 60.
  std::vector<int> ddim_timesteps(int steps) const;

 private:
  std::vector<double> alphas_cumprod_, log_sigmas_;
};

}  // namespace ltw
