// The networks ready to run on a backend's queue: each with a plan for one shape and the tensors that go in
// and out.
#pragma once

#include "engine/model.h"
#include "engine/plan.h"

namespace ltw {

// ids [1, positions] -> states [1, positions, hidden_size] float32. One prompt at a time, so that a prompt's
// states do not depend on its neighbours.
class TextEvaluation {
 public:
  TextEvaluation(const Model& model, Backend& backend, int64_t clip_skip);
  // ids: host memory.
  const Tensor& run(const int32_t* ids);

 private:
  Backend& backend_;
  OwnedTensor ids_, states_;
  Plan plan_;
};

// states [1, tokens, context_size] float32 -> keys and values of every cross-attention,
// [1, tokens, text_kv_channels] in the activation type.
class TextKvEvaluation {
 public:
  TextKvEvaluation(const Model& model, Backend& backend, int64_t tokens);
  const Tensor& states() const { return states_; }
  const Tensor& run();

 private:
  OwnedTensor states_, kv_;
  Plan plan_;
};

// A time step -> the biases of all residual blocks, [1, time_bias_channels] in the activation type.
class TimeBiasEvaluation {
 public:
  TimeBiasEvaluation(const Model& model, Backend& backend);
  const Tensor& run(double timestep);

 private:
  const Model& model_;
  Backend& backend_;
  OwnedTensor features_, bias_;
  Plan plan_;
};

class UNetEvaluation {
 public:
  UNetEvaluation(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w, int64_t tokens);

  const Tensor& x() const { return x_; }                  // [n, h, w, in], activation type
  const Tensor& time_bias() const { return time_bias_; }  // [n, time_bias_channels], activation type
  const Tensor& text_kv() const { return text_kv_; }      // [n, tokens, text_kv_channels], activation type
  const Tensor& out() const { return out_; }              // [n, h, w, out] float32
  void run() const { plan_.run(); }
  int64_t bytes() const { return plan_.bytes(); }  // of activations

 private:
  OwnedTensor x_, time_bias_, text_kv_, out_;
  Plan plan_;
};

// z [n, h, w, latent] float32, already divided by the scaling factor -> image [n, 8h, 8w, 3]. The
// activations and the image are of the backend's activation type or float32.
class VaeDecoding {
 public:
  VaeDecoding(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w, DType activation);
  const Tensor& z() const { return z_; }
  const Tensor& image() const { return image_; }
  void run() const { plan_.run(); }
  int64_t bytes() const { return plan_.bytes(); }  // of activations

 private:
  OwnedTensor z_, image_;
  Plan plan_;
};

// image [n, h, w, 3] float32 in -1..1 -> moments [n, h/8, w/8, 2 * latent] float32: means, then log
// variances.
class VaeEncoding {
 public:
  VaeEncoding(const Model& model, Backend& backend, int64_t n, int64_t h, int64_t w);
  const Tensor& image() const { return image_; }
  const Tensor& moments() const { return moments_; }
  void run() const { plan_.run(); }

 private:
  OwnedTensor image_, moments_;
  Plan plan_;
};

}  // namespace ltw
