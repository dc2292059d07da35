#include "engine/init_picture.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/evaluation.h"
#include "engine/host_copy.h"
#include "ops/elementwise.h"

namespace ltw {

InitPicture::InitPicture(const Model& model, Backend& backend, const uint8_t* rgb, int64_t height,
                         int64_t width)
    : backend_(backend) {
  const VaeEncoding encoding(model, backend, 1, height, width);
  std::vector<float> image(static_cast<size_t>(height * width * 3));
  std::transform(rgb, rgb + image.size(), image.begin(),
                 [](uint8_t value) { return 2.0f * (static_cast<float>(value) / 255.0f) - 1.0f; });
  copy_from_host(encoding.image(), image.data(), backend_);
  encoding.run();

  const Tensor& moments = encoding.moments();
  const int64_t channels = moments.channels() / 2;
  std::vector<float> mean(static_cast<size_t>(moments.shape.size() / 2));
  deviation_.resize(mean.size());
  copy_to_nchw(mean.data(), moments, 0, channels, backend_);
  copy_to_nchw(deviation_.data(), moments, channels, channels, backend_);

  const auto scale = static_cast<float>(model.config.vae.scaling_factor);
  for (float& value : mean) value *= scale;
  mean_ = OwnedTensor(backend_, moments.shape.with(3, channels), DType::kF32);
  copy_from_nchw(mean_, mean.data(), backend_);
  // From log variances, within AutoencoderKL's own bounds.
  for (float& value : deviation_) value = scale * std::exp(0.5f * std::clamp(value, -30.0f, 20.0f));
}

const Tensor& InitPicture::noised(const std::vector<float>& noise) {
  const auto [found, is_new] = noised_.try_emplace(&noise);
  if (is_new) {
    std::vector<float> values(noise.size());
    std::transform(noise.begin(), noise.end(), deviation_.begin(), values.begin(), std::multiplies<>());
    found->second = OwnedTensor(backend_, mean_.shape(), DType::kF32);
    copy_from_nchw(found->second, values.data(), backend_);
  }
  return found->second;
}

void InitPicture::latent(const Tensor& dst, FrameNoise& noise, const FrameNoise::Blend& blend, Context& ctx) {
  std::vector<Term> terms = {{1, mean_}};
  for (const auto& [weight, values] : noise.posterior(blend)) terms.emplace_back(weight, noised(*values));
  weighted_sum(dst, terms, ctx);
}

}  // namespace ltw
