#include "engine/denoiser.h"

#include <cmath>

#include "ops/elementwise.h"

namespace ltw {
namespace {

// An adaptive sampler's sigmas never come again: past this many, a schedule is not what is being cached.
constexpr size_t kMostTimeBiases = 2048;

// The network sees x with unit variance (Karras et al. 2022, c_in).
double scale_in(double sigma) { return 1.0 / std::sqrt(sigma * sigma + 1.0); }

}  // namespace

Denoiser::Denoiser(const Model& model, Backend& backend, int64_t frames, int64_t h, int64_t w,
                   double guidance_scale, const std::atomic<bool>& cancelled)
    : model_(model),
      backend_(backend),
      frames_(frames),
      guidance_scale_(guidance_scale),
      cancelled_(cancelled),
      unet_(model, backend, guidance_scale == 1.0 ? frames : 2 * frames, h, w, model.config.text.positions),
      time_bias_(model, backend) {
  for (std::unique_ptr<Event>& event : evaluated_) event = backend.event();
}

void Denoiser::prepare(const std::vector<double>& sigmas) {
  for (const double sigma : sigmas) time_bias(sigma);
}

Tensor Denoiser::text_kv(int64_t frame) const {
  return unet_.text_kv().batch_slice(guided() ? frames_ + frame : frame, 1);
}

Tensor Denoiser::negative_kv(int64_t frame) const { return unet_.text_kv().batch_slice(frame, 1); }

const Tensor& Denoiser::time_bias(double sigma) {
  const auto found = time_biases_.find(sigma);
  if (found != time_biases_.end()) return found->second;
  if (time_biases_.size() >= kMostTimeBiases) time_biases_.clear();
  const Tensor& fresh = time_bias_.run(model_.schedule.timestep(sigma));
  OwnedTensor kept(backend_, fresh.shape, fresh.dtype);
  Arena none;
  Context ctx = Context::immediate(backend_, none);
  convert(kept, fresh, 1.0, ctx);
  return time_biases_.emplace(sigma, std::move(kept)).first->second;
}

void Denoiser::operator()(const Tensor& dst, const Tensor& x, double sigma, const Mix& mix) {
  Event& evaluated = *evaluated_[next_];
  next_ = (next_ + 1) % evaluated_.size();
  evaluated.wait();
  if (cancelled_) fail(Status::kCancelled, "cancelled");
  Arena none;
  Context ctx = Context::immediate(backend_, none);

  if (input_ != Input{x.data, sigma}) convert(unet_.x(), x, scale_in(sigma), ctx);
  input_ = {};
  convert(unet_.time_bias(), time_bias(sigma), 1.0, ctx);
  unet_.run();

  // D = c_skip x + c_out * network, for a network that predicts the noise or the velocity; then the mix.
  const bool velocity = model_.config.prediction == Prediction::kVelocity;
  const double skip = mix.x + mix.denoised * (velocity ? 1.0 / (sigma * sigma + 1.0) : 1.0);
  const double out = mix.denoised * (velocity ? -sigma * scale_in(sigma) : -sigma);
  std::vector<Term> terms{{skip, x}};
  if (guided()) {
    terms.emplace_back(out * (1.0 - guidance_scale_), unet_.out().batch_slice(0, frames_));
    terms.emplace_back(out * guidance_scale_, unet_.out().batch_slice(frames_, frames_));
  } else {
    terms.emplace_back(out, unet_.out());
  }
  if (mix.next_sigma > 0) {
    sampler_step(dst, terms, unet_.x(), scale_in(mix.next_sigma), ctx);
    input_ = {dst.data, mix.next_sigma};
  } else {
    weighted_sum(dst, terms, ctx);
  }
  evaluated.record();
}

}  // namespace ltw
