#include "sampling/trajectory.h"

#include <cmath>

#include "base/error.h"

namespace ltw {
namespace {

// Song et al. 2021 (DDIM), as CompVis ends it: at the first training level instead of at no noise.
std::vector<double> ddim_sigmas(const NoiseSchedule& noise_schedule, int steps) {
  std::vector<double> sigmas;
  for (int t : noise_schedule.ddim_timesteps(steps)) sigmas.push_back(noise_schedule.sigma(t));
  sigmas.push_back(noise_schedule.sigma(0));
  return sigmas;
}

}  // namespace

Trajectory make_trajectory(const NoiseSchedule& noise_schedule, Sampler sampler, SigmaSchedule schedule,
                           int steps, int run_steps, bool from_init) {
  require(run_steps >= 0 && run_steps <= steps, "run_steps: ", run_steps, " must be 0..", steps);
  const bool ddim = sampler == Sampler::kDdim || sampler == Sampler::kPlms;
  const auto table = ddim ? ddim_sigmas(noise_schedule, steps) : noise_schedule.sigmas(schedule, steps);
  const auto first = run_steps == steps ? table.begin() : table.end() - 1 - run_steps;

  Trajectory run;
  run.sigmas.assign(first, table.end());
  if (!ddim) {
    run.init_scale = from_init ? 1 : 0;
    run.noise_scale = *first;
  } else {
    // 1 / sqrt(alpha_bar) of the first step is sqrt(1 + sigma^2).
    run.noise_scale = std::hypot(1, *first);
    if (from_init && first != table.begin()) {
      const double init_sigma = *(first - 1);
      run.init_scale = run.noise_scale / std::hypot(1, init_sigma);
      run.noise_scale = run.init_scale * init_sigma;
    }
  }
  return run;
}

}  // namespace ltw
