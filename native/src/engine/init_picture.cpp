#include "engine/init_picture.h"

#include <algorithm>
#include <cmath>

#include "engine/evaluation.h"
#include "ops/elementwise.h"

namespace ltw {

InitPicture::InitPicture(const Model& model, const uint8_t* rgb, int64_t height, int64_t width) {
  Backend& backend = model.backend;
  const VaeConfig& vae = model.config.vae;
  const VaeEncoding encoding(model, 1, height, width);
  std::vector<float> image(static_cast<size_t>(height * width * 3));
  std::transform(rgb, rgb + image.size(), image.begin(),
                 [](uint8_t value) { return 2.0f * (static_cast<float>(value) / 255.0f) - 1.0f; });
  backend.upload(encoding.image().data, image.data(), encoding.image().bytes());
  encoding.run();

  const Tensor& moments = encoding.moments();
  std::vector<float> values(static_cast<size_t>(moments.shape.size()));
  backend.download(values.data(), moments.data, moments.bytes());
  const int64_t channels = vae.latent_channels;
  const Shape shape = moments.shape.with(3, channels);
  std::vector<float> mean, deviation;
  for (int64_t row = 0; row < moments.rows(); ++row) {
    for (int64_t k = 0; k < channels; ++k) {
      const float* pixel = &values[row * 2 * channels];
      // The bounds are AutoencoderKL's own.
      const double log_variance = std::clamp(static_cast<double>(pixel[channels + k]), -30.0, 20.0);
      mean.push_back(static_cast<float>(vae.scaling_factor * pixel[k]));
      deviation.push_back(static_cast<float>(vae.scaling_factor * std::exp(0.5 * log_variance)));
    }
  }
  mean_ = OwnedTensor(backend, shape, DType::kF32);
  std_ = OwnedTensor(backend, shape, DType::kF32);
  backend.upload(mean_.tensor().data, mean.data(), mean_.tensor().bytes());
  backend.upload(std_.tensor().data, deviation.data(), std_.tensor().bytes());
}

void InitPicture::latent(const Tensor& dst, FrameNoise& noise, const FrameNoise::Blend& blend,
                         Context& ctx) const {
  noise.draw_posterior(dst, blend, ctx);
  multiply_add(dst, dst, std_, mean_, ctx);
}

}  // namespace ltw
