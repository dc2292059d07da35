#include "sampling/noise_schedule.h"

#include <cmath>
#include <vector>

#include "sampling/trajectory.h"
#include "selftest.h"

namespace ltw {
namespace {

using test::expect;

const NoiseSchedule kSchedule(0.00085, 0.012, 1000);

// From the reference vectors sampler.sigmas.* and sampler.karras.* of cases.safetensors, made by k-diffusion
// in float32.
const std::vector<double> kCompVis10 = {14.614643096923828,
                                        7.839882850646973,
                                        4.6091742515563965,
                                        2.918307065963745,
                                        1.9501614570617676,
                                        1.3449277877807617,
                                        0.9323579668998718,
                                        0.6249769330024719,
                                        0.36865776777267456,
                                        0.0291675366461277,
                                        0.0};
const std::vector<double> kCompVis20 = {14.614643096923828,  10.746800422668457,  8.08151912689209,
                                        6.204935073852539,   4.855652332305908,   3.8653783798217773,
                                        3.1237614154815674,  2.557166337966919,   2.1156575679779053,
                                        1.764822244644165,   1.4805806875228882,  1.245813250541687,
                                        1.0481420755386353,  0.8784281611442566,  0.7297186851501465,
                                        0.5964335799217224,  0.47358477115631104, 0.35554543137550354,
                                        0.23216424882411957, 0.0291675366461277,  0.0};
const std::vector<double> kKarras10 = {14.614643096923828,
                                       9.102933883666992,
                                       5.478399276733398,
                                       3.168609380722046,
                                       1.7494233846664429,
                                       0.914076566696167,
                                       0.44692087173461914,
                                       0.20139983296394348,
                                       0.08191107958555222,
                                       0.02916753850877285,
                                       0.0};
const std::vector<double> kKarras20 = {14.614643096923828,  11.72536849975586,   9.340208053588867,
                                       7.383627414703369,   5.789421081542969,   4.499843597412109,
                                       3.464754581451416,   2.6408467292785645,  1.9909207820892334,
                                       1.4832168817520142,  1.0907906293869019,  0.7909494638442993,
                                       0.5647246241569519,  0.396392285823822,   0.2730397582054138,
                                       0.18416936695575714, 0.12134245783090591, 0.07786080986261368,
                                       0.04848190024495125, 0.02916753850877285, 0.0};

void expect_table(SigmaSchedule schedule, int steps, const std::vector<double>& expected) {
  const auto sigmas = kSchedule.sigmas(schedule, steps);
  expect(sigmas.size() == expected.size(), "a table of ", sigmas.size());
  for (size_t i = 0; i < sigmas.size(); ++i) {
    expect(std::abs(sigmas[i] - expected[i]) <= 1e-6 * expected[i], "sigma ", i, " of ", steps, ": ",
           sigmas[i], " instead of ", expected[i]);
  }
}

LTW_TEST(sigma_tables_are_k_diffusions) {
  expect_table(SigmaSchedule::kCompVis, 10, kCompVis10);
  expect_table(SigmaSchedule::kCompVis, 20, kCompVis20);
  expect_table(SigmaSchedule::kKarras, 10, kKarras10);
  expect_table(SigmaSchedule::kKarras, 20, kKarras20);
  expect_table(SigmaSchedule::kCompVis, 1, {kCompVis10.front(), 0});
  expect_table(SigmaSchedule::kKarras, 1, {kCompVis10.front(), 0});
}

LTW_TEST(timesteps_and_sigmas_are_inverse) {
  for (double t : {0.0, 0.25, 1.0, 326.2, 801.0, 998.75, 999.0}) {
    expect(std::abs(kSchedule.timestep(kSchedule.sigma(t)) - t) < 1e-9, "timestep ", t);
  }
  expect(kSchedule.timestep(1e-3) == 0 && kSchedule.timestep(100) == 999, "beyond the table");
  // Where Deforum starts with 50 steps at strengths 0.65 and 0.6.
  expect(std::abs(kSchedule.timestep(0.9112) - 326.2) < 0.05 &&
             std::abs(kSchedule.timestep(1.1171) - 387.4) < 0.05,
         "timesteps in between");
}

LTW_TEST(ddim_timesteps_are_compvis) {
  expect(kSchedule.ddim_timesteps(10) == std::vector<int>{901, 801, 701, 601, 501, 401, 301, 201, 101, 1},
         "10 steps");
  const auto twenty = kSchedule.ddim_timesteps(20);
  expect(twenty.size() == 20 && twenty.front() == 951 && twenty[1] == 901 && twenty.back() == 1, "20 steps");
  expect(kSchedule.ddim_timesteps(50).front() == 981, "50 steps");
  // Longer than asked for when steps does not divide 1000.
  expect(kSchedule.ddim_timesteps(30).size() == 31 && kSchedule.ddim_timesteps(60).size() == 63 &&
             kSchedule.ddim_timesteps(75).size() == 77,
         "30, 60 and 75 steps");
  for (int steps : {9, 27, 36, 501, 1000}) {
    expect(kSchedule.ddim_timesteps(steps).front() <= 999, steps, " steps leave the table");
  }
}

LTW_TEST(trajectories_start_as_in_deforum) {
  // 0.6 of strength at 50 steps leaves 20.
  const auto euler = make_trajectory(kSchedule, Sampler::kEuler, SigmaSchedule::kCompVis, 50, 20, true);
  expect(euler.sigmas.size() == 21 && std::abs(euler.sigmas.front() - 1.1171) < 1e-4, "starts at ",
         euler.sigmas.front());
  expect(euler.init_scale == 1 && euler.noise_scale == euler.sigmas.front(), "init + noise * sigma");

  // x = scale / sqrt(alpha_bar) of what CompVis starts from.
  const auto& alphas = kSchedule.alphas_cumprod();
  const auto ddim = make_trajectory(kSchedule, Sampler::kDdim, SigmaSchedule::kCompVis, 50, 20, true);
  expect(ddim.sigmas.size() == 21 && std::abs(kSchedule.timestep(ddim.sigmas.front()) - 381) < 1e-9,
         "20 steps of ddim");
  expect(std::abs(ddim.init_scale * std::sqrt(alphas[381]) - std::sqrt(alphas[401])) < 1e-12, "init of ddim");
  expect(std::abs(ddim.noise_scale * std::sqrt(alphas[381]) - std::sqrt(1 - alphas[401])) < 1e-12,
         "noise of ddim");

  const auto full = make_trajectory(kSchedule, Sampler::kDdim, SigmaSchedule::kKarras, 30, 30, true);
  expect(full.sigmas.size() == 32 && full.init_scale == 0, "all steps of ddim ignore the init latent");
  expect(std::abs(full.noise_scale * std::sqrt(alphas[991]) - 1) < 1e-12, "noise is taken as it is");
}

}  // namespace
}  // namespace ltw
