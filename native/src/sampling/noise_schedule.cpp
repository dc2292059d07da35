#include "sampling/noise_schedule.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace ltw {

NoiseSchedule::NoiseSchedule(double beta_start, double beta_end, int train_timesteps) {
  require(train_timesteps >= 2, "train_timesteps: ", train_timesteps, " must be 2 or more");
  require(beta_start > 0 && beta_start <= beta_end && beta_end < 1, "betas from ", beta_start, " to ",
          beta_end, " must ascend within 0..1");
  double alpha_cumprod = 1;
  for (int t = 0; t < train_timesteps; ++t) {
    const double root = std::lerp(std::sqrt(beta_start), std::sqrt(beta_end), t / (train_timesteps - 1.0));
    alpha_cumprod *= 1 - root * root;
    // Held in float32 where models are trained and run: of 1 - alpha_bar at the first timestep, and so of
    // the smallest sigma, that is a hundred thousandth.
    const double held = static_cast<float>(alpha_cumprod);
    alphas_cumprod_.push_back(held);
    log_sigmas_.push_back(std::log((1 - held) / held) / 2);
  }
}

double NoiseSchedule::sigma(double timestep) const {
  const double t = std::clamp(timestep, 0.0, train_timesteps() - 1.0);
  const int low = std::min(static_cast<int>(t), train_timesteps() - 2);
  return std::exp(std::lerp(log_sigmas_[low], log_sigmas_[low + 1], t - low));
}

double NoiseSchedule::timestep(double sigma) const {
  const double log_sigma = std::log(sigma);
  const auto above = std::upper_bound(log_sigmas_.begin(), log_sigmas_.end(), log_sigma);
  const int low = std::clamp(static_cast<int>(above - log_sigmas_.begin()) - 1, 0, train_timesteps() - 2);
  const double weight = (log_sigma - log_sigmas_[low]) / (log_sigmas_[low + 1] - log_sigmas_[low]);
  return low + std::clamp(weight, 0.0, 1.0);
}

std::vector<double> NoiseSchedule::sigmas(SigmaSchedule schedule, int steps) const {
  require(steps >= 1, "steps: ", steps, " must be 1 or more");
  const double last = train_timesteps() - 1, rho = 7;
  const double max_root = std::pow(sigma(last), 1 / rho), min_root = std::pow(sigma(0), 1 / rho);
  std::vector<double> table;
  for (int i = 0; i < steps; ++i) {
    const double ramp = steps == 1 ? 0 : i / (steps - 1.0);
    // Karras et al. 2022, eq. 5.
    table.push_back(schedule == SigmaSchedule::kKarras ? std::pow(std::lerp(max_root, min_root, ramp), rho)
                                                       : sigma(last * (1 - ramp)));
  }
  table.push_back(0);
  return table;
}

std::vector<int> NoiseSchedule::ddim_timesteps(int steps) const {
  require(steps >= 1 && steps <= train_timesteps(), "steps: ", steps, " must be 1..", train_timesteps(),
          " for ddim and plms");
  std::vector<int> timesteps;
  // The shift by one can lead beyond the last timestep (9 or 27 steps of 1000): that one is left out.
  for (int t = 1; t < train_timesteps(); t += train_timesteps() / steps) timesteps.push_back(t);
  std::reverse(timesteps.begin(), timesteps.end());
  return timesteps;
}

}  // namespace ltw
