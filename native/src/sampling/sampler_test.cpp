#include "sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sampling/trajectory.h"
#include "selftest.h"

namespace ltw {
namespace {

using test::expect;
using enum Sampler;
using enum SigmaSchedule;

const NoiseSchedule kSchedule(0.00085, 0.012, 1000);

using ScalarDenoiser = std::function<double(double x, double sigma)>;

// Runs a sampler on vectors of a few values.
class Run {
 public:
  Run(Sampler sampler, const std::vector<double>& sigmas, const ScalarDenoiser& denoiser)
      : sampler_(sampler) {
    sampling_.sigmas = sigmas;
    sampling_.denoise = [this, denoiser](const Tensor& dst, const Tensor& x, double sigma, const Mix& mix) {
      evaluations_.push_back(sigma);
      for (int64_t i = 0; i < x.shape.size(); ++i) {
        const double at = x.f32()[i];
        dst.f32()[i] = static_cast<float>(mix.x * at + mix.denoised * denoiser(at, sigma));
      }
    };
    sampling_.draw_noise = [this](const Tensor& noise) {
      for (int64_t i = 0; i < noise.shape.size(); ++i) {
        noise.f32()[i] = static_cast<float>(std::sqrt(2) * std::sin(1.7 * draws_ + 2.3 * double(i) + 0.4));
      }
      ++draws_;
    };
  }

  Sampling& sampling() { return sampling_; }
  const std::vector<double>& evaluations() const { return evaluations_; }
  int draws() const { return draws_; }
  Rehearsal rehearsal() { return rehearse(sampler_, sampling_, *backend_); }

  std::vector<float> operator()(std::vector<float> values) {
    evaluations_.clear();
    draws_ = 0;
    const Tensor x(values.data(), DType::kF32, {1, static_cast<int64_t>(values.size())});
    Arena measuring;
    Context dry = Context::measure(*backend_, measuring);
    Sampling rehearsed = sampling_;
    rehearsed.denoise = [](const Tensor&, const Tensor&, double, const Mix&) {};
    rehearsed.draw_noise = [](const Tensor&) {};
    sample(sampler_, x, rehearsed, dry);

    // Not-a-number wherever nothing was written.
    std::vector<float> memory(measuring.peak() / 4, std::numeric_limits<float>::quiet_NaN());
    Arena arena(memory.data(), measuring.peak());
    Context ctx = Context::immediate(*backend_, arena);
    sample(sampler_, x, sampling_, ctx);
    return values;
  }

 private:
  std::unique_ptr<Backend> backend_ = create_backend("cpu", 1);
  Sampler sampler_;
  Sampling sampling_;
  std::vector<double> evaluations_;
  int draws_ = 0;
};

// A denoiser that depends on x and on the timestep in no simple way.
double wavy(double x, double sigma) {
  return 0.9 * std::tanh(1.3 * x / std::hypot(1, sigma)) + 0.1 * std::sin(kSchedule.timestep(sigma) / 100);
}

// What k-diffusion's samplers, and for ddim and plms CompVis' formulas, make in double of the start noise
// 1.5 sin(1 + 2i), the init latent cos(3i) and the draws above with the denoiser above; with the evaluations
// and the draws that count. (dpm_adaptive evaluates once more there for a step it rejected.)
struct Expected {
  Sampler sampler;
  SigmaSchedule schedule;
  int steps, run_steps;
  bool from_init;
  double eta;
  int evaluations, draws;
  std::vector<double> latent;
};
const Expected kExpected[] = {
    {kLms, kCompVis, 10, 10, false, 0, 10, 0, {0.7255038, 0.5832032, -0.6996856, 0.7147749}},
    {kLms, kCompVis, 20, 7, true, 0, 7, 0, {0.7094788, -0.5600473, -0.2609612, 0.1031847}},
    {kLms, kKarras, 12, 12, false, 0, 12, 0, {0.6839295, 0.5562377, -0.6700027, 0.6737157}},
    {kDpm2, kCompVis, 10, 10, false, 0, 19, 0, {0.5459875, 0.5423660, -0.6769021, 0.5411597}},
    {kDpm2, kCompVis, 20, 7, true, 0, 13, 0, {0.6439796, -0.5724437, -0.2921460, 0.1275660}},
    {kDpm2, kKarras, 12, 12, false, 0, 23, 0, {0.6925008, 0.5646444, -0.6777161, 0.6807817}},
    {kDpm2Ancestral, kCompVis, 10, 10, false, 0, 19, 9, {0.6328303, 0.5810263, -0.6589593, 0.6067200}},
    {kDpm2Ancestral, kCompVis, 20, 7, true, 0, 13, 6, {0.0321208, -0.6415631, -0.6089992, 0.4405919}},
    {kDpm2Ancestral, kKarras, 12, 12, false, 0, 23, 11, {0.5559876, 0.2941388, -0.3016814, 0.5469284}},
    {kHeun, kCompVis, 10, 10, false, 0, 19, 0, {0.0200316, 0.5122192, -0.5226878, 0.0700932}},
    {kHeun, kCompVis, 20, 7, true, 0, 13, 0, {0.5005722, -0.5779576, -0.3295667, 0.1603207}},
    {kHeun, kKarras, 12, 12, false, 0, 23, 0, {0.6856351, 0.5657833, -0.6727394, 0.6741923}},
    {kEuler, kCompVis, 10, 10, false, 0, 10, 0, {0.7598166, 0.5451895, -0.6977457, 0.7477197}},
    {kEuler, kCompVis, 20, 7, true, 0, 7, 0, {0.7499145, -0.5373105, -0.2211740, 0.1000044}},
    {kEuler, kKarras, 12, 12, false, 0, 12, 0, {0.7134288, 0.5368485, -0.6916813, 0.7011830}},
    {kEulerAncestral, kCompVis, 10, 10, false, 0, 10, 9, {0.4083210, 0.2281285, -0.3582549, 0.4231167}},
    {kEulerAncestral, kCompVis, 20, 7, true, 0, 7, 6, {0.7279010, -0.4357837, -0.4177737, 0.5803211}},
    {kEulerAncestral, kKarras, 12, 12, false, 0, 12, 11, {0.5267953, 0.0508160, -0.3101802, 0.4881331}},
    {kDpmFast, kCompVis, 10, 10, false, 0, 10, 0, {0.8404387, 0.5651082, -0.7944474, 0.8112536}},
    {kDpmFast, kCompVis, 20, 7, true, 0, 20, 0, {0.8096755, -0.5553902, -0.2434862, 0.1102591}},
    {kDpmFast, kKarras, 12, 12, false, 0, 12, 0, {0.8074098, 0.5663903, -0.7864493, 0.7803990}},
    {kDpmAdaptive, kCompVis, 10, 10, false, 0, 27, 0, {0.7855587, 0.5478955, -0.7660406, 0.7598946}},
    {kDpmAdaptive, kCompVis, 20, 7, true, 0, 18, 0, {0.8120931, -0.5551505, -0.2452652, 0.1098704}},
    {kDpmAdaptive, kKarras, 12, 12, false, 0, 27, 0, {0.7855587, 0.5478955, -0.7660406, 0.7598946}},
    {kDpmpp2sAncestral, kCompVis, 10, 10, false, 0, 19, 9, {0.5053081, 0.3030961, -0.3495672, 0.5191556}},
    {kDpmpp2sAncestral, kCompVis, 20, 7, true, 0, 13, 6, {0.6769073, -0.4636818, -0.4361963, 0.5887618}},
    {kDpmpp2sAncestral, kKarras, 12, 12, false, 0, 23, 11, {0.5580417, 0.1682062, -0.3072049, 0.5399715}},
    {kDpmpp2m, kCompVis, 10, 10, false, 0, 10, 0, {0.7595074, 0.6896332, -0.6471912, 0.7520677}},
    {kDpmpp2m, kCompVis, 20, 7, true, 0, 7, 0, {0.7007997, -0.5626266, -0.2482385, 0.1415226}},
    {kDpmpp2m, kKarras, 12, 12, false, 0, 12, 0, {0.6978803, 0.5695770, -0.6819920, 0.6862586}},
    {kDdim, kCompVis, 10, 10, false, 0, 10, 0, {0.8977927, 0.5341104, -0.7794593, 0.8664081}},
    {kDdim, kCompVis, 20, 7, true, 0, 7, 0, {0.8886759, -0.5035041, -0.3193545, 0.2123577}},
    {kDdim, kCompVis, 30, 30, false, 0, 31, 0, {0.8498631, 0.5646907, -0.7823291, 0.8222209}},
    {kDdim, kCompVis, 10, 10, false, 0.7, 10, 10, {0.7789805, 0.2679274, -0.6645455, 0.7750536}},
    {kDdim, kCompVis, 20, 7, true, 1, 7, 7, {0.7781566, -0.4044259, -0.4324003, 0.5934079}},
    {kPlms, kCompVis, 10, 10, false, 0, 11, 0, {0.8179617, 0.5695648, -0.7682613, 0.7929076}},
    {kPlms, kCompVis, 20, 7, true, 0, 8, 0, {0.8248979, -0.5226949, -0.3471671, 0.2406256}},
    {kPlms, kCompVis, 30, 30, false, 0, 32, 0, {0.7992662, 0.5657111, -0.7636873, 0.7745775}},
};

LTW_TEST(samplers_end_where_upstreams_do) {
  for (const Expected& expected : kExpected) {
    const auto trajectory = make_trajectory(kSchedule, expected.sampler, expected.schedule, expected.steps,
                                            expected.run_steps, expected.from_init);
    Run run(expected.sampler, trajectory.sigmas, wavy);
    run.sampling().steps = expected.steps;
    run.sampling().eta = expected.eta;
    std::vector<float> x;
    for (int i = 0; i < 4; ++i) {
      x.push_back(static_cast<float>(trajectory.init_scale * std::cos(3 * i) +
                                     trajectory.noise_scale * 1.5 * std::sin(1 + 2 * i)));
    }
    x = run(x);

    const std::string name = text("sampler ", static_cast<int>(expected.sampler), ", ", expected.run_steps,
                                  " of ", expected.steps, " steps");
    // dpm_adaptive's first error is that of rounding to float32, and steers the lengths of its steps.
    const double tolerance = expected.sampler == kDpmAdaptive ? 1e-4 : 2e-6;
    for (int i = 0; i < 4; ++i) {
      expect(std::abs(x[i] - expected.latent[i]) < tolerance, name, ": ends at ", x[i], " instead of ",
             expected.latent[i]);
    }
    expect(run.draws() == expected.draws, name, ": ", run.draws(), " draws");
    if (expected.sampler == kDpmAdaptive) continue;
    const Rehearsal rehearsal = run.rehearsal();
    expect(static_cast<int>(run.evaluations().size()) == expected.evaluations, name, ": ",
           run.evaluations().size(), " evaluations");
    expect(rehearsal.sigmas == run.evaluations() && rehearsal.draws == run.draws(), name,
           ": the rehearsal differs");
  }
}

// The error of a sampler on data that are normal with deviation s. There D(x, sigma) = x s^2 / (s^2 +
// sigma^2), and the probability flow shrinks x as sqrt(s^2 + sigma^2).
double flow_error(Sampler sampler, int steps) {
  const double s = 0.7, begin = 5, end = 0.2;
  std::vector<double> sigmas;
  for (int i = 0; i <= steps; ++i) {
    // The coefficients of plms are for steps of equal length.
    const double rho = sampler == kPlms ? 1 : 3, ramp = i / double(steps);
    sigmas.push_back(std::pow(std::lerp(std::pow(begin, 1 / rho), std::pow(end, 1 / rho), ramp), rho));
  }
  Run run(sampler, sigmas, [=](double x, double sigma) { return x * s * s / (s * s + sigma * sigma); });
  run.sampling().steps = 3 * steps - 1;  // dpm_fast: order 3 but for a last step of order 2
  double exact = std::hypot(s, end) / std::hypot(s, begin);
  if (sampler == kDdim || sampler == kPlms) exact /= std::hypot(1, end);
  return std::abs(run({1})[0] / exact - 1);
}

void expect_order(Sampler sampler, double order, int steps) {
  const double found = std::log2(flow_error(sampler, steps) / flow_error(sampler, 2 * steps));
  expect(std::abs(found - order) < 0.5, "sampler ", static_cast<int>(sampler), " is of order ", found,
         " instead of ", order);
}

LTW_TEST(samplers_converge_at_their_order) {
  expect_order(kEuler, 1, 32);
  expect_order(kDdim, 1, 32);
  expect_order(kHeun, 2, 16);
  expect_order(kDpm2, 2, 16);
  expect_order(kDpmpp2m, 2, 16);
  expect_order(kDpmFast, 3, 4);
  // Of order 4 but for their first steps, whose errors show the more the smaller steps are.
  expect_order(kLms, 3.4, 16);
  expect_order(kPlms, 3, 64);
  const double error = flow_error(kDpmAdaptive, 10);
  expect(error < 0.05, "dpm_adaptive is off by ", error);
}

LTW_TEST(runs_of_no_steps) {
  for (int number = 0; number < 12; ++number) {
    const Sampler sampler = static_cast<Sampler>(number);
    const auto trajectory = make_trajectory(kSchedule, sampler, kCompVis, 20, 0, true);
    Run run(sampler, trajectory.sigmas, wavy);
    run.sampling().steps = 20;
    const float x = run({static_cast<float>(trajectory.init_scale)})[0];
    expect(run.evaluations().empty() && run.draws() == 0, "sampler ", number, " evaluates in no steps");
    // ddim leaves the init latent as noised to its first timestep.
    const double kept = number < 10 ? 1 : std::sqrt(kSchedule.alphas_cumprod()[1]);
    expect(std::abs(x - kept) < 1e-6, "sampler ", number, " makes ", x, " of the init latent in no steps");
  }
}

LTW_TEST(dpm_adaptive_reports_what_is_not_finite) {
  Run run(kDpmAdaptive, {10, 1, 0}, [](double, double) { return std::nan(""); });
  try {
    run({1, 2});
    expect(false, "went on with NaN");
  } catch (const Error& error) {
    expect(error.status() == Status::kNotFinite, error.what());
  }
}

}  // namespace
}  // namespace ltw
