// The C interface over the engine. The only place that catches exceptions.
#include "latentween/latentween.h"

#include <cstdlib>
#include <memory>
#include <new>

#include "api/arguments.h"
#include "backend/devices.h"
#include "engine/calibration.h"
#include "engine/ceilings.h"
#include "engine/model.h"
#include "engine/parts.h"
#include "engine/render_job.h"
#include "layers/random_weights.h"

// A job keeps its model alive and a model its backend, so that handles may be destroyed in any order.
struct ltw_engine {
  std::shared_ptr<ltw::Backend> backend;
};

struct ltw_model {
  std::shared_ptr<ltw::Backend> backend;
  std::shared_ptr<ltw::Model> model;
  ltw::Parts parts;
};

struct ltw_job {
  std::shared_ptr<ltw::Backend> backend;
  std::shared_ptr<const ltw::Model> model;
  ltw::RenderJob job;
};

namespace {

using ltw::require;

thread_local std::string last_error;

template <typename Body>
ltw_status guarded(Body&& body) noexcept {
  try {
    last_error.clear();
    body();
    return LTW_OK;
  } catch (const ltw::Error& error) {
    last_error = error.what();
    return static_cast<ltw_status>(error.status());
  } catch (const std::bad_alloc&) {
    last_error = "out of memory";
    return LTW_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    last_error = error.what();
    return LTW_INTERNAL_ERROR;
  }
}

// For calls on a model: makes the device current first.
template <typename Body>
ltw_status guarded(ltw_model* model, Body&& body) noexcept {
  return guarded([&] {
    require(model != nullptr, "model is null");
    model->backend->make_current();
    body(*model->model, model->parts);
  });
}

ltw::RenderConfig render_config(const ltw::Model& model, const ltw_render_config& config) {
  const ltw::RenderConfig checked = ltw::render_config(config);
  ltw::check_ids(checked.prompt_ids, checked.key_count, model.config.text);
  ltw::check_ids(checked.negative_ids, checked.key_count, model.config.text);
  return checked;
}

ltw_model* create_model(ltw_engine& engine, const ltw_model_config& config, const ltw::WeightSource& source) {
  engine.backend->make_current();
  const auto made = std::make_shared<ltw::Model>(*engine.backend, ltw::model_config(config), source);
  return new ltw_model{engine.backend, made, ltw::Parts(*made)};
}

template <size_t kSize>
void copy_text(char (&to)[kSize], const std::string& from) {
  to[from.copy(to, kSize - 1)] = '\0';
}

}  // namespace

extern "C" {

int32_t ltw_abi_version(void) { return LTW_ABI_VERSION; }
const char* ltw_version(void) { return LTW_VERSION; }
const char* ltw_last_error(void) { return last_error.c_str(); }
void ltw_end_process(int32_t exit_code) { std::_Exit(exit_code); }

ltw_status ltw_cuda_device_count(int32_t* count) {
  return guarded([&] {
    require(count != nullptr, "count must not be null");
    *count = ltw::cuda_device_count();
  });
}

ltw_status ltw_cuda_device_info(int32_t ordinal, ltw_device_info* info) {
  return guarded([&] {
    require(info != nullptr, "info must not be null");
    const ltw::CudaDeviceInfo found = ltw::cuda_device_info(ordinal);
    *info = {};
    copy_text(info->name, found.name);
    copy_text(info->pci_bus_id, found.pci_bus_id);
    info->capability = found.capability;
    info->multiprocessors = found.multiprocessors;
    info->total_bytes = found.total_bytes;
    info->free_bytes = found.free_bytes;
    info->usable = found.problem.empty();
    copy_text(info->reason, found.problem);
  });
}

ltw_status ltw_engine_create(const char* device, int32_t threads, ltw_engine** engine) {
  return guarded([&] {
    require(device != nullptr && engine != nullptr, "device and engine must not be null");
    *engine = new ltw_engine{ltw::create_backend(device, threads)};
  });
}

void ltw_engine_destroy(ltw_engine* engine) { delete engine; }

ltw_status ltw_engine_stats(ltw_engine* engine, ltw_stats* stats) {
  return guarded([&] {
    require(engine != nullptr && stats != nullptr, "engine and stats must not be null");
    *stats = {engine->backend->memory().held(), engine->backend->memory().peak()};
  });
}

ltw_status ltw_measure_ceilings(ltw_engine* engine, double* flops_per_second, double* bytes_per_second) {
  return guarded([&] {
    require(engine != nullptr && flops_per_second != nullptr && bytes_per_second != nullptr,
            "engine, flops_per_second and bytes_per_second must not be null");
    engine->backend->make_current();
    const ltw::Ceilings ceilings = ltw::measure_ceilings(*engine->backend);
    *flops_per_second = ceilings.flops_per_second;
    *bytes_per_second = ceilings.bytes_per_second;
  });
}

ltw_status ltw_model_create(ltw_engine* engine, const ltw_model_config* config, const ltw_tensor* tensors,
                            int64_t tensor_count, ltw_model** model) {
  return guarded([&] {
    require(engine != nullptr && config != nullptr && tensors != nullptr && model != nullptr,
            "engine, config, tensors and model must not be null");
    *model = create_model(*engine, *config, ltw::checkpoint_source(tensors, tensor_count));
  });
}

ltw_status ltw_model_create_random(ltw_engine* engine, const ltw_model_config* config, uint64_t seed,
                                   ltw_model** model) {
  return guarded([&] {
    require(engine != nullptr && config != nullptr && model != nullptr,
            "engine, config and model must not be null");
    *model = create_model(*engine, *config, ltw::RandomSource(seed));
  });
}

void ltw_model_destroy(ltw_model* model) { delete model; }

ltw_status ltw_fp8_calibrate(ltw_model* model, ltw_fp8_input* inputs, int32_t room, int32_t* count) {
  return guarded(model, [&](const ltw::Model&, ltw::Parts&) {
    require(count != nullptr, "count must not be null");
    const std::vector<ltw::PackedWeights*> products = model->model->unet.quantisable();
    *count = static_cast<int32_t>(products.size());
    require(inputs != nullptr || room <= 0, "inputs must not be null");
    require(room >= *count, "room: ", room, " of ", *count, " inputs");
    const std::vector<float> peaks = ltw::measure_peaks(*model->model);
    for (size_t i = 0; i < peaks.size(); ++i) {
      copy_text(inputs[i].name, products[i]->name);
      inputs[i].peak = peaks[i];
    }
  });
}

ltw_status ltw_fp8_use(ltw_model* model, const ltw_fp8_input* inputs, int32_t count) {
  return guarded(model, [&](const ltw::Model&, ltw::Parts& parts) {
    require(inputs != nullptr && count >= 0, "inputs must not be null");
    if (model->model.use_count() > 1) {
      ltw::fail(ltw::Status::kInvalidState, "fp8 is chosen before a model's first job");
    }
    const std::vector<ltw::PackedWeights*> products = model->model->unet.quantisable();
    std::vector<float> peaks;
    for (int32_t i = 0; i < count; ++i) {
      const bool same = static_cast<size_t>(i) < products.size() && products[i]->name == inputs[i].name;
      require(same, "inputs[", i, "]: '", inputs[i].name, "' is not this model's");
      peaks.push_back(inputs[i].peak);
    }
    parts.forget_unet();
    ltw::use_e4m3(*model->model, peaks);
  });
}

ltw_status ltw_job_create(ltw_model* model, const ltw_render_config* config, ltw_job** job) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts&) {
    require(config != nullptr && job != nullptr, "config and job must not be null");
    const ltw::RenderConfig checked = render_config(m, *config);
    *job = new ltw_job{model->backend, model->model, ltw::RenderJob(m, *model->backend, checked)};
  });
}

ltw_status ltw_largest_batch(ltw_model* model, const ltw_render_config* config, int32_t limit,
                             int32_t* batch) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts&) {
    require(config != nullptr && batch != nullptr, "config and batch must not be null");
    require(limit >= 1, "limit: ", limit, " must be 1 or more");
    ltw_render_config any = *config;
    any.batch = limit;
    *batch = static_cast<int32_t>(ltw::largest_batch(m, render_config(m, any), m.backend.free_bytes()));
  });
}

ltw_status ltw_job_submit(ltw_job* job, const ltw_frame* frames, int32_t count) {
  return guarded([&] {
    require(job != nullptr && frames != nullptr, "job and frames must not be null");
    require(count > 0, "count: ", count, " frames");
    job->backend->make_current();
    std::vector<ltw::FrameSpec> specs;
    for (int32_t i = 0; i < count; ++i)
      specs.push_back({frames[i].from_key, frames[i].to_key, frames[i].weight});
    job->job.submit(specs);
  });
}

ltw_status ltw_job_collect(ltw_job* job, void* pixels, int64_t pixel_bytes) {
  return guarded([&] {
    require(job != nullptr && pixels != nullptr, "job and pixels must not be null");
    job->backend->make_current();
    job->job.collect(pixels, pixel_bytes);
  });
}

void ltw_job_cancel(ltw_job* job) {
  if (job != nullptr) job->job.cancel();
}

ltw_status ltw_job_stats(ltw_job* job, ltw_render_stats* stats) {
  return guarded([&] {
    require(job != nullptr && stats != nullptr, "job and stats must not be null");
    const ltw::RenderStats s = job->job.stats();
    *stats = {s.frames,           s.wide_decodes,     s.text_seconds,
              s.sampling_seconds, s.decoding_seconds, s.copying_seconds};
  });
}

void ltw_job_destroy(ltw_job* job) { delete job; }

ltw_status ltw_text_encode(ltw_model* model, const int32_t* ids, int32_t count, int32_t clip_skip,
                           float* states) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts& parts) {
    require(states != nullptr, "states must not be null");
    ltw::check_ids(ids, count, m.config.text);
    parts.text_encode(ids, count, clip_skip, states);
  });
}

ltw_status ltw_unet(ltw_model* model, int32_t n, int32_t h, int32_t w, int32_t tokens, const float* x,
                    const float* timesteps, const float* context, float* out) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts& parts) {
    ltw::check_latent_size(h, w, m.config.unet);
    require(n > 0 && tokens > 0, "n: ", n, ", tokens: ", tokens, " must be above 0");
    require(x != nullptr && timesteps != nullptr && context != nullptr && out != nullptr,
            "x, timesteps, context and out must not be null");
    parts.unet(n, h, w, tokens, x, timesteps, context, out);
  });
}

ltw_status ltw_vae_encode(ltw_model* model, int32_t n, int32_t h, int32_t w, const float* image, float* mean,
                          float* logvar) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts& parts) {
    const int64_t factor = m.config.vae.factor();
    require(n > 0 && h > 0 && w > 0 && h % factor == 0 && w % factor == 0, "picture of ", w, "x", h,
            ": width and height must be multiples of ", factor);
    require(image != nullptr && mean != nullptr && logvar != nullptr,
            "image, mean and logvar must not be null");
    parts.vae_encode(n, h, w, image, mean, logvar);
  });
}

ltw_status ltw_vae_decode(ltw_model* model, int32_t n, int32_t h, int32_t w, const float* z, float* image) {
  return guarded(model, [&](const ltw::Model&, ltw::Parts& parts) {
    require(n > 0 && h > 0 && w > 0, "latent of ", n, "x", w, "x", h, ": sizes must be above 0");
    require(z != nullptr && image != nullptr, "z and image must not be null");
    parts.vae_decode(n, h, w, z, image);
  });
}

ltw_status ltw_sigmas(ltw_model* model, int32_t sigma_schedule, int32_t steps, double* sigmas) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts&) {
    require(sigmas != nullptr, "sigmas must not be null");
    const std::vector<double> values = m.schedule.sigmas(ltw::sigma_schedule_of(sigma_schedule), steps);
    std::copy(values.begin(), values.end(), sigmas);
  });
}

ltw_status ltw_randn(int32_t generator, uint64_t seed, const int64_t* counts, int32_t draws, float* values) {
  return guarded([&] {
    ltw::NoiseSource source(ltw::generator_of(generator), seed);
    require(draws >= 0, "draws: ", draws, " must be 0 or more");
    require(draws == 0 || (counts != nullptr && values != nullptr), "counts and values must not be null");
    for (int32_t i = 0; i < draws; ++i) {
      require(counts[i] > 0, "counts[", i, "]: ", counts[i], " must be above 0");
    }
    for (int32_t i = 0; i < draws; ++i) {
      source.draw(std::span(values, static_cast<size_t>(counts[i])));
      values += counts[i];
    }
  });
}

ltw_status ltw_sample(ltw_model* model, const ltw_sample_config* config, const float* context,
                      const float* uncond, const float* step_noise, int32_t step_noise_count,
                      float* latents) {
  return guarded(model, [&](const ltw::Model& m, ltw::Parts& parts) {
    require(config != nullptr, "config is null");
    ltw::check_latent_size(config->height, config->width, m.config.unet);
    require(context != nullptr && latents != nullptr, "context and latents must not be null");
    require(uncond != nullptr || config->guidance_scale == 1, "uncond must not be null with guidance");
    require(step_noise != nullptr || step_noise_count <= 0, "step_noise must not be null");
    parts.sample(ltw::sample_config(*config), context, uncond, step_noise, step_noise_count, latents);
  });
}

}  // extern "C"
