#include "engine/frame_decoder.h"

#include <algorithm>
#include <vector>

#include "base/divide_up.h"
#include "ops/elementwise.h"

namespace ltw {

FrameDecoder::FrameDecoder(const Model& model, Backend& backend, const RenderConfig& config, int64_t batch,
                           int64_t group, DType activation)
    : model_(model),
      backend_(backend),
      vae_(model, backend, group, config.latent(model.config)[1], config.latent(model.config)[2], activation),
      pixels_(backend, Shape{batch, config.height, config.width, 3},
              config.bits == 8 ? DType::kU8 : DType::kU16),
      finite_(backend, Shape{1, batch}, DType::kI32),
      ones_(backend, Shape{1, batch}, DType::kI32) {
  const std::vector<int32_t> ones(static_cast<size_t>(batch), 1);
  backend.upload(ones_.tensor().data, ones.data(), ones_.tensor().bytes());
}

void FrameDecoder::decode(const Tensor& x, int64_t count) {
  Arena none;
  Context ctx = Context::immediate(backend_, none);
  broadcast(finite_, ones_, ctx);
  const Tensor flags = finite_.tensor().reshaped({finite_.shape()[1], 1});
  const int64_t group = vae_.z().shape[0];
  for (int64_t first = 0; first < count; first += group) {
    for (int64_t i = 0; i < group; ++i) {  // one shape for every group: its last frames may come again
      const Tensor latent = x.batch_slice(std::min(first + i, count - 1), 1);
      weighted_sum(vae_.z().batch_slice(i, 1), {{1.0 / model_.config.vae.scaling_factor, latent}}, ctx);
    }
    vae_.run();
    for (int64_t i = 0; i < std::min(group, count - first); ++i) {
      image_to_pixels(pixels_.tensor().batch_slice(first + i, 1), vae_.image().batch_slice(i, 1),
                      flags.batch_slice(first + i, 1), ctx);
    }
  }
}

void FrameDecoder::download(int64_t count, char* pixels, int32_t* finite) {
  const Tensor decoded = pixels_.tensor().batch_slice(0, count);
  backend_.download_later(pixels, decoded.data, decoded.bytes());
  backend_.download_later(finite, finite_.tensor().data, count * static_cast<int64_t>(sizeof *finite));
}

int64_t decoding_group(const Model& model, const Backend& backend, const RenderConfig& config,
                       int64_t sampling_bytes) {
  // More frames at once gain nothing: the decoder's last levels fill a device with one.
  constexpr int64_t kMost = 8;
  const Shape latent = config.latent(model.config);
  int64_t most = std::min<int64_t>(kMost, backend.frames_per_evaluation());
  while (true) {
    // Groups alike: of 13 frames two of seven, not eight and eight.
    const int64_t group = divide_up(config.batch, divide_up(config.batch, most));
    const std::unique_ptr<Backend> rehearsal = backend.rehearsal();
    if (group == 1 ||
        VaeDecoding(model, *rehearsal, group, latent[1], latent[2], backend.activation_type()).bytes() <=
            sampling_bytes)
      return group;
    most = group / 2;
  }
}

}  // namespace ltw
