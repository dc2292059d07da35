#include "engine/init_picture.h"

#include <algorithm>
#include <cmath>

#include "engine/evaluation.h"
#include "engine/host_copy.h"

namespace ltw {

InitPicture::InitPicture(const Model& model, const uint8_t* rgb, int64_t height, int64_t width)
    : backend_(model.backend) {
  const VaeEncoding encoding(model, 1, height, width);
  std::vector<float> image(static_cast<size_t>(height * width * 3));
  std::transform(rgb, rgb + image.size(), image.begin(),
                 [](uint8_t value) { return 2.0f * (static_cast<float>(value) / 255.0f) - 1.0f; });
  copy_from_host(encoding.image(), image.data(), backend_);
  encoding.run();

  const Tensor& moments = encoding.moments();
  const int64_t channels = moments.channels() / 2;
  mean_.resize(static_cast<size_t>(moments.shape.size() / 2));
  deviation_.resize(mean_.size());
  copy_to_nchw(mean_.data(), moments, 0, channels, backend_);
  copy_to_nchw(deviation_.data(), moments, channels, channels, backend_);

  const auto scale = static_cast<float>(model.config.vae.scaling_factor);
  for (float& value : mean_) value *= scale;
  // From log variances, within AutoencoderKL's own bounds.
  for (float& value : deviation_) value = scale * std::exp(0.5f * std::clamp(value, -30.0f, 20.0f));
}

void InitPicture::latent(const Tensor& dst, FrameNoise& noise, const FrameNoise::Blend& blend) const {
  std::vector<float> values = noise.posterior(blend);
  for (size_t i = 0; i < values.size(); ++i) values[i] = mean_[i] + deviation_[i] * values[i];
  copy_from_nchw(dst, values.data(), backend_);
}

}  // namespace ltw
