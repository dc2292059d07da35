#include "engine/calibration.h"

#include <cmath>
#include <unordered_map>

#include "engine/evaluation.h"
#include "engine/host_copy.h"
#include "ops/elementwise.h"
#include "ops/quantise.h"
#include "sampling/noise.h"

namespace ltw {
namespace {

constexpr int64_t kSide = 64;  // 512 pixels
constexpr int kSteps = 8;
constexpr double kGuidance = 7;
// Prompts differ, and e4m3 has its three digits over a wide range: room above the peak costs only the
// smallest numbers.
constexpr float kRoom = 2, kLargest = 448;

// Conditional and unconditional input side by side, [2, tokens, kv channels].
OwnedTensor text_kv(const Model& model) {
  const TextConfig& text = model.config.text;
  TextEvaluation encoder(model, model.backend, 1);
  TextKvEvaluation projection(model, model.backend, text.positions);
  OwnedTensor kv(model.backend, Shape{2, text.positions, model.unet.text_kv_channels()},
                 model.backend.activation_type());
  Arena none;
  Context ctx = Context::immediate(model.backend, none);
  for (const int64_t words : {int64_t{0}, text.positions / 3}) {
    // As CLIP's tokenizer has them, start and end are the last two; the words any.
    std::vector<int32_t> ids(static_cast<size_t>(text.positions), static_cast<int32_t>(text.vocab_size - 1));
    ids[0] = static_cast<int32_t>(text.vocab_size - 2);
    for (int64_t i = 1; i <= words; ++i) {
      ids[static_cast<size_t>(i)] = static_cast<int32_t>(i * 7919 % (text.vocab_size - 2));
    }
    convert(projection.states(), encoder.run(ids.data()), 1.0, ctx);
    convert(kv.tensor().batch_slice(words > 0 ? 1 : 0, 1), projection.run(), 1.0, ctx);
  }
  return kv;
}

}  // namespace

std::vector<float> measure_peaks(Model& model) {
  Backend& backend = model.backend;
  require_e4m3(backend);
  const std::vector<PackedWeights*> products = model.unet.quantisable();
  std::unordered_map<const void*, size_t> index;
  for (PackedWeights* weights : products) {
    require(!weights->quantised(), "the model is in fp8 already");
    index.emplace(weights, index.size());
  }
  const auto count = static_cast<int64_t>(products.size());
  std::vector<float> values(products.size(), 0.0f);
  const OwnedTensor peaks(backend, Shape{1, count}, DType::kF32);
  backend.upload(peaks.tensor().data, values.data(), peaks.tensor().bytes());

  const DType narrow = backend.activation_type();
  const Shape latent{1, kSide, kSide, model.config.unet.in_channels};
  const OwnedTensor kv = text_kv(model), x(backend, latent, DType::kF32);
  const OwnedTensor both(backend, latent.with(0, 2), narrow);
  const OwnedTensor time_bias(backend, Shape{2, model.unet.time_bias_channels()}, narrow);
  const OwnedTensor out(backend, latent.with(0, 2), DType::kF32);

  const auto evaluate = [&](Context& ctx) { convert(out, model.unet(both, time_bias, kv, ctx), 1.0, ctx); };
  Arena measuring;
  Context measure = Context::measure(backend, measuring);
  evaluate(measure);
  const Buffer memory = backend.allocate(measuring.peak());
  TimeBiasEvaluation bias_of(model, backend);

  std::vector<float> noise(static_cast<size_t>(latent.size()));
  NoiseSource(Generator::kTorchCpu, 1).draw(noise);
  const std::vector<double> sigmas = model.schedule.sigmas(SigmaSchedule::kCompVis, kSteps);
  for (float& value : noise) value *= static_cast<float>(sigmas.front());
  backend.upload(x.tensor().data, noise.data(), x.tensor().bytes());
  for (size_t step = 0; step < kSteps; ++step) {
    Arena arena(memory.data(), memory.bytes());
    Context ctx = Context::immediate(backend, arena);
    const double sigma = sigmas[step], scale_in = 1 / std::sqrt(sigma * sigma + 1);
    for (const int64_t half : {0, 1}) convert(both.tensor().batch_slice(half, 1), x, scale_in, ctx);
    broadcast(time_bias, bias_of.run(model.schedule.timestep(sigma)), ctx);
    ctx.observe([&](const Work& work) {
      const auto found = index.find(work.weights);
      if (found == index.end()) return;
      Context apart = Context::immediate(backend, arena);
      raise_peak(peaks.tensor().channel_slice(static_cast<int64_t>(found->second), 1), work.input, apart);
    });
    evaluate(ctx);
    // Euler's step; what the network predicts is taken for the noise, also where it is the velocity.
    const double towards = sigmas[step + 1] - sigma;
    weighted_sum(x,
                 {{1, x},
                  {towards * (1 - kGuidance), out.tensor().batch_slice(0, 1)},
                  {towards * kGuidance, out.tensor().batch_slice(1, 1)}},
                 ctx);
  }
  backend.download(values.data(), peaks.tensor().data, peaks.tensor().bytes());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || values[i] == 0) {
      fail(Status::kNotFinite, "fp8: the input of ", products[i]->name, " reaches ", values[i],
           " in float16: use fp16");
    }
  }
  return values;
}

void use_e4m3(Model& model, const std::vector<float>& peaks) {
  require_e4m3(model.backend);
  const std::vector<PackedWeights*> products = model.unet.quantisable();
  require(peaks.size() == products.size(), "fp8: ", peaks.size(), " peaks for ", products.size(),
          " products");
  for (size_t i = 0; i < peaks.size(); ++i) {
    require(!products[i]->quantised(), "the model is in fp8 already");
    require(std::isfinite(peaks[i]) && peaks[i] > 0, "fp8: the peak of ", products[i]->name, " is ",
            peaks[i]);
    require(fits_e4m3(*products[i]), "fp8: ", products[i]->name, " is no multiple of 16 wide");
  }
  for (size_t i = 0; i < peaks.size(); ++i)
    quantise(*products[i], kRoom * peaks[i] / kLargest, model.backend);
}

}  // namespace ltw
