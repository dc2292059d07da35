// Standard normal noise, as torch.randn draws it after torch.manual_seed(seed).
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "backend/context.h"

namespace ltw {

// The values of ltw_generator.
enum class Generator { kTorchCuda = 0, kTorchCpu = 1 };

// A generator and where it stands; each call of draw() is one call of torch.randn.
class NoiseSource {
 public:
  NoiseSource(Generator generator, uint64_t seed);

  // On the host, in torch's order: a latent's values are [channel, height, width]. CUDA's are those of
  // cpu::torch_normal, up to 6e-7 from a GPU's.
  void draw(std::span<float> values);
  // Whether draws can be made where the latents are.
  bool on_device() const { return generator_ == Generator::kTorchCuda; }
  // The same draw into latent [n, h, w, c], by the context's device; needs on_device().
  void draw(const Tensor& latent, Context& ctx);

 private:
  void draw_cuda(std::span<float> values);
  void draw_cpu(std::span<float> values);

  Generator generator_;
  uint64_t seed_;
  uint64_t draws_ = 0;   // CUDA: every draw has its own counter
  std::mt19937 engine_;  // CPU: all draws share one sequence
  double spare_ = 0;     // CPU: short draws make two normals at a time
  bool has_spare_ = false;
};

// Spherical interpolation of two noises seen as vectors: the factors of the sum of them that stays noise of
// variance 1 at every weight. Linear where they are nearly parallel, |cos| > 0.9995.
struct Slerp {
  double from, to;
};
Slerp slerp(std::span<const float> from, std::span<const float> to, double weight);

}  // namespace ltw
