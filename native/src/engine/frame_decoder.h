#pragma once

#include "engine/evaluation.h"
#include "engine/render_config.h"

namespace ltw {

// Latents to pixels in host memory, some frames at a time.
class FrameDecoder {
 public:
  // batch: frames of one decode() at most; group: of one evaluation, whose activations are of the backend's
  // type or float32.
  FrameDecoder(const Model& model, Backend& backend, const RenderConfig& config, int64_t batch, int64_t group,
               DType activation);

  // Queues the decoding of the first `count` frames of x [.., h, w, channels] float32.
  void decode(const Tensor& x, int64_t count);
  // Queues the copy of what was decoded to host_memory(). pixels: [count, height, width, 3]; finite: one a
  // frame, 0 where NaN or infinity was in the picture.
  void download(int64_t count, char* pixels, int32_t* finite);

 private:
  const Model& model_;
  Backend& backend_;
  VaeDecoding vae_;           // of a group
  const OwnedTensor pixels_;  // [batch, height, width, 3]
  const OwnedTensor finite_;  // [1, batch] int32
  const OwnedTensor ones_;    // what it is set to before
};

// The frames of one evaluation of the decoder: as many as fit into as much memory as sampling takes, so that
// decoding does not decide what fits on a device.
int64_t decoding_group(const Model& model, const Backend& backend, const RenderConfig& config,
                       int64_t sampling_bytes);

}  // namespace ltw
