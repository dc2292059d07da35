// Which noise levels a run visits, and what its latent starts from.
#pragma once

#include <vector>

#include "sampling/noise_schedule.h"
#include "sampling/sampler.h"

namespace ltw {

struct Trajectory {
  // Descending; one step between each two. A single value is a run of no steps.
  std::vector<double> sigmas;
  // sample() takes the latent init_scale * init latent + noise_scale * standard normal noise.
  double init_scale = 0;
  double noise_scale = 1;
};

// The last `run_steps` of a schedule of `steps`, 0 <= run_steps <= steps; fewer than all start from an init
// latent noised to the first sigma, as in Deforum. ddim and plms differ from the others:
//  - Their table is that of CompVis' timesteps, whatever `schedule` says, and may be longer than `steps`.
//  - All of its steps start from noise alone and ignore an init latent. Noise alone is taken as it is: the
//    noise_scale only undoes that sample() sees latents divided by sqrt(alpha_bar).
//  - Fewer steps start from the init latent noised to one entry of the table above the first step's.
// With an init image Deforum runs klms in place of plms; choosing so is left to the caller.
Trajectory make_trajectory(const NoiseSchedule& noise_schedule, Sampler sampler, SigmaSchedule schedule,
                           int steps, int run_steps, bool from_init);

}  // namespace ltw
