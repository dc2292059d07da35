#include "check.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "engine/parts.h"
#include "networks.h"

namespace ltw::bench {
namespace {

constexpr double kMostDifference = 5e-3;
constexpr int64_t kBatch = 4;

using Values = std::vector<float>;

Values random(int64_t count) {
  std::mt19937 generator(7);
  std::normal_distribution<float> distribution;
  Values values(static_cast<size_t>(count));
  for (float& value : values) value = distribution(generator);
  return values;
}

struct Results {
  Values text, eps, image;
};

// Of the first sample of `n`.
Results evaluate(const Model& model, int64_t n, int64_t latent) {
  const TextConfig& text = model.config.text;
  const int64_t latents = 4 * latent * latent, pixels = 3 * 64 * latent * latent;
  const int64_t states = text.positions * text.hidden_size;
  std::vector<int32_t> ids(static_cast<size_t>(n * text.positions));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i * 7919 % 49408);
  const Values x = random(n * latents), context = random(n * states), timesteps(static_cast<size_t>(n), 500);
  Results results{Values(static_cast<size_t>(n * states)), Values(static_cast<size_t>(n * latents)),
                  Values(static_cast<size_t>(n * pixels))};
  Parts parts(model);
  parts.text_encode(ids.data(), n, 1, results.text.data());
  parts.unet(n, latent, latent, text.positions, x.data(), timesteps.data(), context.data(),
             results.eps.data());
  parts.vae_decode(n, latent, latent, x.data(), results.image.data());
  results.text.resize(static_cast<size_t>(states));
  results.eps.resize(static_cast<size_t>(latents));
  results.image.resize(static_cast<size_t>(pixels));
  return results;
}

// Norm of the difference over the norm of `expected`; NaN where one is not finite.
double difference(const Values& got, const Values& expected) {
  double squares = 0, all = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    squares += std::pow(double{got[i]} - expected[i], 2);
    all += double{expected[i]} * expected[i];
  }
  return std::sqrt(squares / all);
}

bool compare(const char* name, const Values& got, const Values& in_batch, const Values& expected,
             bool bits_promised) {
  const double apart = difference(got, expected);
  const bool close = apart <= kMostDifference;  // not for NaN
  const bool same = std::memcmp(got.data(), in_batch.data(), got.size() * sizeof(float)) == 0;
  std::printf("%s\t%.2e\t%s\t%s\n", name, apart, close ? "close" : "TOO FAR",
              same            ? "same"
              : bits_promised ? "DIFFERENT"
                              : "different, as it may be here");
  return close && (same || !bits_promised);
}

}  // namespace

void check_networks(Backend& device, int64_t latent) {
  const auto on = [&](Backend& backend, int64_t n) {
    backend.make_current();
    return evaluate(Networks(backend, latent).model(), n, latent);
  };
  const std::unique_ptr<Backend> cpu = create_backend("cpu", 0);
  const Results expected = on(*cpu, 1), alone = on(device, 1), in_batch = on(device, kBatch);
  std::printf("network\tdifference to the CPU\tat most %.0e\tbits alone and in a batch of %lld\n",
              kMostDifference, static_cast<long long>(kBatch));
  // A backend that promises nothing evaluates one frame at a time.
  const bool promised = device.frames_per_evaluation() > 1;
  const bool good[] = {compare("text", alone.text, in_batch.text, expected.text, promised),
                       compare("unet", alone.eps, in_batch.eps, expected.eps, promised),
                       compare("vae", alone.image, in_batch.image, expected.image, promised)};
  for (const bool each : good) ensure(each, "the networks on ", device.description(), " are wrong");
}

}  // namespace ltw::bench
