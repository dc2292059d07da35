#include "sampling/sampler.h"

#include "sampling/solvers.h"

namespace ltw {

void sample(Sampler sampler, const Tensor& x, const Sampling& sampling, Context& ctx) {
  ensure(!sampling.sigmas.empty(), "a sampler needs sigmas");
  Solver solver(x, sampling, ctx);
  switch (sampler) {
    case Sampler::kLms:
      return lms(solver);
    case Sampler::kDpm2:
      return dpm2(solver);
    case Sampler::kDpm2Ancestral:
      return dpm2_ancestral(solver);
    case Sampler::kHeun:
      return heun(solver);
    case Sampler::kEuler:
      return euler(solver);
    case Sampler::kEulerAncestral:
      return euler_ancestral(solver);
    case Sampler::kDpmFast:
      return dpm_fast(solver, sampling.steps);
    case Sampler::kDpmAdaptive:
      return dpm_adaptive(solver);
    case Sampler::kDpmpp2sAncestral:
      return dpmpp_2s_ancestral(solver);
    case Sampler::kDpmpp2m:
      return dpmpp_2m(solver);
    case Sampler::kDdim:
      return ddim(solver, sampling.eta);
    case Sampler::kPlms:
      return plms(solver);
  }
  fail(Status::kInvalidArgument, "no sampler has the number ", static_cast<int>(sampler));
}

Rehearsal rehearse(Sampler sampler, const Sampling& sampling, Backend& backend) {
  Rehearsal calls;
  Sampling dry = sampling;
  dry.denoise = [&](const Tensor&, const Tensor&, double sigma, const Mix&) {
    calls.sigmas.push_back(sigma);
  };
  dry.draw_noise = [&](const Tensor&) { ++calls.draws; };
  Arena arena;
  Context ctx = Context::measure(backend, arena);
  sample(sampler, Tensor(nullptr, DType::kF32, {1, 1}), dry, ctx);
  return calls;
}

}  // namespace ltw
