#include "engine/frame_noise.h"

#include "engine/host_copy.h"
#include "ops/elementwise.h"

namespace ltw {

FrameNoise::FrameNoise(Backend& backend, Generator generator, std::vector<uint64_t> key_seeds,
                       const Shape& latent, bool has_init)
    : backend_(backend),
      generator_(generator),
      key_seeds_(std::move(key_seeds)),
      latent_(latent),
      has_init_(has_init) {}

FrameNoise::Draw FrameNoise::next(NoiseStream& stream) const {
  Draw draw{std::vector<float>(static_cast<size_t>(latent_.size())),
            OwnedTensor(backend_, latent_, DType::kF32)};
  stream.next(draw.values.data(), latent_.size());
  copy_from_nchw(draw.tensor, draw.values.data(), backend_);
  return draw;
}

FrameNoise::Seed& FrameNoise::seed_of(int64_t key) {
  const uint64_t value = key_seeds_[key];
  std::unique_ptr<Seed>& seed = seeds_[value];
  if (!seed) {
    seed = std::make_unique<Seed>(generator_, value);
    if (has_init_) {
      NoiseStream cpu(Generator::kTorchCpu, value);
      // On the CPU it is one and the same generator.
      seed->posterior = next(generator_ == Generator::kTorchCpu ? seed->stream : cpu);
      next(seed->stream);
    }
  }
  return *seed;
}

const FrameNoise::Draw& FrameNoise::draw_of(int64_t key, size_t index) {
  Seed& seed = seed_of(key);
  while (seed.draws.size() <= index) seed.draws.push_back(next(seed.stream));
  return seed.draws[index];
}

void FrameNoise::blend_into(const Tensor& dst, const Draw& from, const Draw& to, double weight,
                            Context& ctx) const {
  if (&from == &to || weight == 0.0) {
    weighted_sum(dst, {{1.0, from.tensor}}, ctx);
    return;
  }
  const SlerpWeights weights = slerp_weights(from.values, to.values, weight);
  weighted_sum(dst, {{weights.from, from.tensor}, {weights.to, to.tensor}}, ctx);
}

void FrameNoise::draw(const Tensor& dst, const Blend& blend, size_t index, Context& ctx) {
  blend_into(dst, draw_of(blend.from_key, index), draw_of(blend.to_key, index), blend.weight, ctx);
}

void FrameNoise::draw_posterior(const Tensor& dst, const Blend& blend, Context& ctx) {
  blend_into(dst, seed_of(blend.from_key).posterior, seed_of(blend.to_key).posterior, blend.weight, ctx);
}

}  // namespace ltw
