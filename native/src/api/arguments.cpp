#include "api/arguments.h"

#include <cmath>

namespace ltw {
namespace {

// `value` as an enum whose values are 0..last.
template <typename Enum>
Enum enum_of(int32_t value, Enum last, const char* name) {
  require(value >= 0 && value <= static_cast<int32_t>(last), name, ": ", value, " is not in 0..",
          static_cast<int32_t>(last));
  return static_cast<Enum>(value);
}

template <typename T>
std::vector<T> first(const int32_t* values, int32_t count) {
  return std::vector<T>(values, values + count);
}

// A network's levels: how many, and that norms divide their channels.
void check_blocks(const char* network, int32_t count, const int32_t* channels, int32_t groups) {
  require(count >= 1 && count <= LTW_MAX_BLOCKS, network, "_blocks: ", count, " is not in 1..",
          LTW_MAX_BLOCKS);
  for (int32_t i = 0; i < count; ++i) {
    require(channels[i] >= 1 && channels[i] % groups == 0, network, "_block_channels[", i, "]: ", channels[i],
            " is not a multiple of its norms' groups, ", groups);
  }
}

void check_positive(const char* name, double value) {
  require(value > 0 && std::isfinite(value), name, ": ", value, " must be above 0");
}

// What ltw_render_config and ltw_sample_config have in common.
template <typename Config>
void check_sampling(const Config& c) {
  require(c.steps >= 1, "steps: ", c.steps, " must be 1 or more");
  require(c.run_steps >= 0 && c.run_steps <= c.steps, "run_steps: ", c.run_steps, " is not in 0..", c.steps);
  require(c.ddim_eta >= 0, "ddim_eta: ", c.ddim_eta, " must be 0 or more");
  require(c.batch >= 1, "batch: ", c.batch, " must be 1 or more");
}

}  // namespace

ModelConfig model_config(const ltw_model_config& c) {
  for (int32_t size :
       {c.text_vocab_size, c.text_hidden_size, c.text_intermediate_size, c.text_layers, c.text_heads,
        c.text_positions, c.unet_in_channels, c.unet_out_channels, c.unet_layers_per_block,
        c.unet_context_size, c.unet_norm_groups, c.vae_in_channels, c.vae_out_channels, c.vae_latent_channels,
        c.vae_layers_per_block, c.vae_norm_groups}) {
    require(size >= 1, "model config: a size is ", size, " where 1 or more is expected");
  }
  check_blocks("unet", c.unet_blocks, c.unet_block_channels, c.unet_norm_groups);
  check_blocks("vae", c.vae_blocks, c.vae_block_channels, c.vae_norm_groups);
  check_positive("text_norm_eps", c.text_norm_eps);
  check_positive("unet_norm_eps", c.unet_norm_eps);
  check_positive("vae_scaling_factor", c.vae_scaling_factor);
  require(c.unet_in_channels == c.vae_latent_channels && c.unet_out_channels == c.vae_latent_channels,
          "unet_in_channels, unet_out_channels: ", c.unet_in_channels, ", ", c.unet_out_channels,
          " are not the VAE's latent channels, ", c.vae_latent_channels);
  require(c.vae_in_channels == 3, "vae_in_channels: ", c.vae_in_channels, " where pictures have 3");
  require(c.vae_out_channels == 3, "vae_out_channels: ", c.vae_out_channels, " where pictures have 3");
  require(c.text_hidden_size % c.text_heads == 0, "text_hidden_size: ", c.text_hidden_size,
          " is not a multiple of text_heads, ", c.text_heads);
  for (int32_t i = 0; i < c.unet_blocks; ++i) {
    require(c.unet_heads[i] >= 1 && c.unet_block_channels[i] % c.unet_heads[i] == 0, "unet_heads[", i,
            "]: ", c.unet_heads[i], " does not divide its channels, ", c.unet_block_channels[i]);
  }
  require(c.unet_block_channels[0] % 2 == 0, "unet_block_channels[0]: ", c.unet_block_channels[0],
          " is odd where a time step's features are pairs");
  require(c.unet_context_size == c.text_hidden_size, "unet_context_size: ", c.unet_context_size,
          " is not the text encoder's hidden size, ", c.text_hidden_size);
  return {
      .text = {.vocab_size = c.text_vocab_size,
               .hidden_size = c.text_hidden_size,
               .intermediate_size = c.text_intermediate_size,
               .layers = c.text_layers,
               .heads = c.text_heads,
               .positions = c.text_positions,
               .activation = enum_of(c.text_activation, LTW_GELU, "text_activation") == LTW_GELU
                                 ? Activation::kGelu
                                 : Activation::kQuickGelu,
               .norm_eps = c.text_norm_eps},
      .unet = {.in_channels = c.unet_in_channels,
               .out_channels = c.unet_out_channels,
               .layers_per_block = c.unet_layers_per_block,
               .context_size = c.unet_context_size,
               .norm_groups = c.unet_norm_groups,
               .block_channels = first<int64_t>(c.unet_block_channels, c.unet_blocks),
               .heads = first<int64_t>(c.unet_heads, c.unet_blocks),
               .down_attention = first<bool>(c.unet_down_attention, c.unet_blocks),
               .up_attention = first<bool>(c.unet_up_attention, c.unet_blocks),
               .linear_projection = c.unet_linear_projection != 0,
               .flip_sin_to_cos = c.unet_flip_sin_to_cos != 0,
               .norm_eps = c.unet_norm_eps,
               .freq_shift = c.unet_freq_shift},
      .vae = {.in_channels = c.vae_in_channels,
              .out_channels = c.vae_out_channels,
              .latent_channels = c.vae_latent_channels,
              .layers_per_block = c.vae_layers_per_block,
              .norm_groups = c.vae_norm_groups,
              .block_channels = first<int64_t>(c.vae_block_channels, c.vae_blocks),
              .scaling_factor = c.vae_scaling_factor},
      .beta_start = c.beta_start,
      .beta_end = c.beta_end,
      .train_timesteps = c.train_timesteps,
      .prediction = enum_of(c.prediction, LTW_V_PREDICTION, "prediction") == LTW_V_PREDICTION
                        ? Prediction::kVelocity
                        : Prediction::kEpsilon,
  };
}

CheckpointSource checkpoint_source(const ltw_tensor* tensors, int64_t count) {
  CheckpointSource source;
  for (int64_t i = 0; i < count; ++i) {
    const ltw_tensor& t = tensors[i];
    require(t.name != nullptr && t.data != nullptr, "tensors[", i, "]: name and data must not be null");
    require(t.rank >= 1 && t.rank <= 4, "tensor '", t.name, "': rank ", t.rank, " is not in 1..4");
    const DType dtype = static_cast<DType>(enum_of(t.dtype, LTW_BF16, "dtype"));
    Shape shape;
    for (int32_t d = 0; d < t.rank; ++d) shape.append(t.shape[d]);
    source.add(t.name, Tensor(const_cast<void*>(t.data), dtype, shape));
  }
  return source;
}

RenderConfig render_config(const ltw_render_config& c) {
  check_sampling(c);
  require(c.bits == 8 || c.bits == 16, "bits: ", c.bits, " must be 8 or 16");
  require(c.key_count >= 1, "key_count: ", c.key_count, " must be 1 or more");
  require(c.prompt_ids != nullptr && c.negative_ids != nullptr && c.seeds != nullptr,
          "prompt_ids, negative_ids and seeds must not be null");
  return {
      .width = c.width,
      .height = c.height,
      .sampler = static_cast<Sampler>(enum_of(c.sampler, LTW_PLMS, "sampler")),
      .sigma_schedule = sigma_schedule_of(c.sigma_schedule),
      .steps = c.steps,
      .run_steps = c.run_steps,
      .guidance_scale = c.guidance_scale,
      .ddim_eta = c.ddim_eta,
      .generator = generator_of(c.generator),
      .clip_skip = c.clip_skip,
      .bits = c.bits,
      .batch = c.batch,
      .key_count = c.key_count,
      .prompt_ids = c.prompt_ids,
      .negative_ids = c.negative_ids,
      .seeds = std::vector<uint64_t>(c.seeds, c.seeds + c.key_count),
      .init_rgb = c.init_rgb,
  };
}

SampleConfig sample_config(const ltw_sample_config& c) {
  check_sampling(c);
  return {
      .batch = c.batch,
      .height = c.height,
      .width = c.width,
      .sampler = static_cast<Sampler>(enum_of(c.sampler, LTW_PLMS, "sampler")),
      .sigma_schedule = sigma_schedule_of(c.sigma_schedule),
      .steps = c.steps,
      .run_steps = c.run_steps,
      .guidance_scale = c.guidance_scale,
      .ddim_eta = c.ddim_eta,
  };
}

SigmaSchedule sigma_schedule_of(int32_t value) {
  return static_cast<SigmaSchedule>(enum_of(value, LTW_KARRAS, "sigma_schedule"));
}

Generator generator_of(int32_t value) {
  return static_cast<Generator>(enum_of(value, LTW_TORCH_CPU, "generator"));
}

void check_ids(const int32_t* ids, int64_t count, const TextConfig& config) {
  require(ids != nullptr && count >= 1, "ids: at least one prompt is expected");
  for (int64_t i = 0; i < count * config.positions; ++i) {
    require(ids[i] >= 0 && ids[i] < config.vocab_size, "token id ", ids[i], " is not in the vocabulary of ",
            config.vocab_size);
  }
}

void check_latent_size(int64_t h, int64_t w, const UNetConfig& config) {
  const int64_t multiple = int64_t{1} << (config.block_channels.size() - 1);
  require(h > 0 && w > 0 && h % multiple == 0 && w % multiple == 0, "latent of ", w, "x", h,
          ": width and height must be multiples of ", multiple);
}

}  // namespace ltw
