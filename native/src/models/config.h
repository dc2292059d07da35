// Shapes of the three networks, as the checkpoint's config files give them.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/epilogue.h"

namespace ltw {

struct TextConfig {
  int64_t vocab_size, hidden_size, intermediate_size, layers, heads, positions;
  Activation activation;  // kQuickGelu or kGelu
  double norm_eps;
};

struct UNetConfig {
  int64_t in_channels, out_channels, layers_per_block, context_size, norm_groups;
  std::vector<int64_t> block_channels, heads;
  std::vector<bool> down_attention, up_attention;
  bool linear_projection, flip_sin_to_cos;
  double norm_eps, freq_shift;
};

struct VaeConfig {
  int64_t in_channels, out_channels, latent_channels, layers_per_block, norm_groups;
  std::vector<int64_t> block_channels;
  double scaling_factor;

  // Pixels per latent, along one side.
  int64_t factor() const { return int64_t{1} << (block_channels.size() - 1); }
};

enum class Prediction { kEpsilon, kVelocity };

struct ModelConfig {
  TextConfig text;
  UNetConfig unet;
  VaeConfig vae;
  double beta_start, beta_end;
  int64_t train_timesteps;
  Prediction prediction;
};

}  // namespace ltw
