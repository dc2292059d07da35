#include "models/vae.h"

namespace ltw {
namespace {

constexpr double kNormEps = 1e-6;
constexpr Conv2dParams kPointwise{.pad_begin = 0, .pad_end = 0};
// The encoder pads below and right only (CompVis' Downsample).
constexpr Conv2dParams kDownsample{.stride = 2, .pad_begin = 0, .pad_end = 1};
constexpr Conv2dParams kUpsample{.upsample = true};

GroupNormParams norm(const VaeConfig& config, bool silu = false) {
  return {.groups = config.norm_groups, .eps = kNormEps, .silu = silu};
}

ArenaTensor run(const VaeLevel& level, ArenaTensor h, Context& ctx) {
  for (const ResnetBlock& resnet : level.resnets) h = resnet(h, std::nullopt, std::nullopt, ctx);
  if (level.resample) h = (*level.resample)(h, {}, ctx);
  return h;
}

}  // namespace

VaeMiddle::VaeMiddle(const WeightScope& scope, int64_t channels, const GroupNormParams& params)
    : first(scope.at("resnets.0"), channels, 0, channels, params),
      attention(scope.at("attentions.0"), channels, params),
      second(scope.at("resnets.1"), channels, 0, channels, params) {}

ArenaTensor VaeMiddle::operator()(const Tensor& x, Context& ctx) const {
  return second(attention(first(x, std::nullopt, std::nullopt, ctx), ctx), std::nullopt, std::nullopt, ctx);
}

VaeDecoder::VaeDecoder(const WeightScope& scope, const VaeConfig& config)
    : post_quant_(scope.at("post_quant_conv"), config.latent_channels, config.latent_channels, 1, kPointwise),
      conv_in_(scope.at("decoder.conv_in"), config.latent_channels, config.block_channels.back(), 3),
      middle_(scope.at("decoder.mid_block"), config.block_channels.back(), norm(config)),
      norm_out_(scope.at("decoder.conv_norm_out"), config.block_channels.front(), norm(config, true)),
      conv_out_(scope.at("decoder.conv_out"), config.block_channels.front(), config.out_channels, 3) {
  int64_t in = config.block_channels.back();
  for (size_t i = 0; i < config.block_channels.size(); ++i) {
    const WeightScope block = scope.at("decoder.up_blocks.", i);
    const int64_t out = config.block_channels[config.block_channels.size() - 1 - i];
    VaeLevel level;
    for (int64_t j = 0; j <= config.layers_per_block; ++j) {
      level.resnets.emplace_back(block.at("resnets.", j), j == 0 ? in : out, 0, out, norm(config));
    }
    if (i + 1 < config.block_channels.size()) {
      level.resample = std::make_unique<Conv2d>(block.at("upsamplers.0.conv"), out, out, 3, kUpsample);
    }
    levels_.push_back(std::move(level));
    in = out;
  }
}

ArenaTensor VaeDecoder::operator()(const Tensor& z, Context& ctx) const {
  ArenaTensor h = conv_in_(post_quant_(z, {}, ctx), {}, ctx);
  h = middle_(h, ctx);
  for (const VaeLevel& level : levels_) h = run(level, std::move(h), ctx);
  h = norm_out_(h, ctx);
  return conv_out_(h, {}, ctx);
}

VaeEncoder::VaeEncoder(const WeightScope& scope, const VaeConfig& config)
    : conv_in_(scope.at("encoder.conv_in"), config.in_channels, config.block_channels.front(), 3),
      middle_(scope.at("encoder.mid_block"), config.block_channels.back(), norm(config)),
      norm_out_(scope.at("encoder.conv_norm_out"), config.block_channels.back(), norm(config, true)),
      conv_out_(scope.at("encoder.conv_out"), config.block_channels.back(), 2 * config.latent_channels, 3),
      quant_(scope.at("quant_conv"), 2 * config.latent_channels, 2 * config.latent_channels, 1, kPointwise) {
  int64_t in = config.block_channels.front();
  for (size_t i = 0; i < config.block_channels.size(); ++i) {
    const WeightScope block = scope.at("encoder.down_blocks.", i);
    const int64_t out = config.block_channels[i];
    VaeLevel level;
    for (int64_t j = 0; j < config.layers_per_block; ++j) {
      level.resnets.emplace_back(block.at("resnets.", j), j == 0 ? in : out, 0, out, norm(config));
    }
    if (i + 1 < config.block_channels.size()) {
      level.resample = std::make_unique<Conv2d>(block.at("downsamplers.0.conv"), out, out, 3, kDownsample);
    }
    levels_.push_back(std::move(level));
    in = out;
  }
}

ArenaTensor VaeEncoder::operator()(const Tensor& image, Context& ctx) const {
  ArenaTensor h = conv_in_(image, {}, ctx);
  for (const VaeLevel& level : levels_) h = run(level, std::move(h), ctx);
  h = norm_out_(middle_(h, ctx), ctx);
  return quant_(conv_out_(h, {}, ctx), {}, ctx);
}

}  // namespace ltw
