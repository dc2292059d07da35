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

std::vector<float> FrameNoise::next(NoiseSource& source) const {
  std::vector<float> values(static_cast<size_t>(latent_.size()));
  if (!backend_.rehearses()) source.draw(values);
  return values;
}

FrameNoise::Seed& FrameNoise::seed_of(int64_t key) {
  const uint64_t value = key_seeds_[key];
  std::unique_ptr<Seed>& seed = seeds_[value];
  if (!seed) {
    seed = std::make_unique<Seed>(NoiseSource(generator_, value));
    if (has_init_) {
      NoiseSource cpu(Generator::kTorchCpu, value);
      // On the CPU it is one and the same generator.
      seed->posterior = next(generator_ == Generator::kTorchCpu ? seed->source : cpu);
      next(seed->source);
    }
  }
  return *seed;
}

const FrameNoise::Draw& FrameNoise::draw_of(int64_t key, size_t index) {
  Seed& seed = seed_of(key);
  while (seed.draws.size() <= index) {
    Draw draw{next(seed.source), OwnedTensor(backend_, latent_, DType::kF32)};
    copy_from_nchw(draw.tensor, draw.values.data(), backend_);
    seed.draws.push_back(std::move(draw));
  }
  return seed.draws[index];
}

bool FrameNoise::unblended(const Blend& blend) const {
  return blend.weight == 0.0 || key_seeds_[blend.from_key] == key_seeds_[blend.to_key];
}

void FrameNoise::prepare(size_t count) {
  for (size_t key = 0; key < key_seeds_.size() && count > 0; ++key) {
    draw_of(static_cast<int64_t>(key), count - 1);
  }
}

void FrameNoise::draw(const Tensor& dst, const Blend& blend, size_t index, Context& ctx) {
  const Draw& from = draw_of(blend.from_key, index);
  if (unblended(blend)) {
    weighted_sum(dst, {{1.0, from.tensor}}, ctx);
    return;
  }
  const Draw& to = draw_of(blend.to_key, index);
  const Slerp factors = slerp(from.values, to.values, blend.weight);
  weighted_sum(dst, {{factors.from, from.tensor}, {factors.to, to.tensor}}, ctx);
}

std::vector<FrameNoise::Part> FrameNoise::posterior(const Blend& blend) {
  const std::vector<float>& from = seed_of(blend.from_key).posterior;
  if (unblended(blend)) return {{1, &from}};
  const std::vector<float>& to = seed_of(blend.to_key).posterior;
  const Slerp factors = slerp(from, to, blend.weight);
  return {{factors.from, &from}, {factors.to, &to}};
}

}  // namespace ltw
