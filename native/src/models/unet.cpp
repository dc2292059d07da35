#include "models/unet.h"

#include <cmath>

namespace ltw {

// Builds the levels and notes, on the way, which time and text projections belong to them and where.
class UNet::Builder {
 public:
  Builder(const WeightScope& scope, const UNetConfig& config)
      : scope_(scope), config_(config), norm_{.groups = config.norm_groups, .eps = config.norm_eps} {}

  Unit unit(const WeightScope& resnet, const std::optional<WeightScope>& attention, int64_t in, int64_t skip,
            int64_t out, int64_t heads) {
    Unit unit{ResnetBlock(resnet, in + skip, skip, out, norm_), nullptr, out, time_channels_, text_channels_};
    time_scopes_.push_back(resnet.at("time_emb_proj"));
    time_outs_.push_back(out);
    time_channels_ += out;
    if (attention) {
      unit.transformer = std::make_unique<TransformerBlock>(*attention, out, heads, config_.norm_groups,
                                                            config_.linear_projection);
      for (const char* name : {"to_k", "to_v"}) {
        text_scopes_.push_back(attention->at("transformer_blocks.0.attn2.", name));
        text_outs_.push_back(out);
      }
      text_channels_ += 2 * out;
    }
    return unit;
  }

  Level down_level(size_t i) {
    const WeightScope scope = scope_.at("down_blocks.", i);
    const int64_t out = config_.block_channels[i];
    Level level;
    for (int64_t j = 0; j < config_.layers_per_block; ++j) {
      const int64_t in = j > 0 ? out : config_.block_channels[i > 0 ? i - 1 : 0];
      level.units.push_back(unit(scope.at("resnets.", j), attention(scope, j, config_.down_attention[i]), in,
                                 0, out, config_.heads[i]));
    }
    if (i + 1 < config_.block_channels.size()) {
      level.resample =
          std::make_unique<Conv2d>(scope.at("downsamplers.0.conv"), out, out, 3, Conv2dParams{.stride = 2});
    }
    return level;
  }

  std::vector<Unit> middle() {
    const WeightScope scope = scope_.at("mid_block");
    const int64_t width = config_.block_channels.back(), heads = config_.heads.back();
    std::vector<Unit> units;
    units.push_back(unit(scope.at("resnets.0"), scope.at("attentions.0"), width, 0, width, heads));
    units.push_back(unit(scope.at("resnets.1"), std::nullopt, width, 0, width, heads));
    return units;
  }

  // Up levels mirror the down levels: up level i takes the skips of down level `mirror`, last made first.
  Level up_level(size_t i) {
    const auto& channels = config_.block_channels;
    const size_t mirror = channels.size() - 1 - i;
    const WeightScope scope = scope_.at("up_blocks.", i);
    const int64_t out = channels[mirror];
    const int64_t above = channels[std::min(mirror + 1, channels.size() - 1)];
    const int64_t last_skip = channels[mirror > 0 ? mirror - 1 : 0];
    Level level;
    for (int64_t j = 0; j <= config_.layers_per_block; ++j) {
      const int64_t in = j == 0 ? above : out;
      const int64_t skip = j == config_.layers_per_block ? last_skip : out;
      level.units.push_back(unit(scope.at("resnets.", j), attention(scope, j, config_.up_attention[i]), in,
                                 skip, out, config_.heads[mirror]));
    }
    if (mirror > 0) {
      level.resample = std::make_unique<Conv2d>(scope.at("upsamplers.0.conv"), out, out, 3,
                                                Conv2dParams{.upsample = true});
    }
    return level;
  }

  int64_t time_channels() const { return time_channels_; }
  int64_t text_channels() const { return text_channels_; }
  std::unique_ptr<Linear> time_projections(int64_t in) const {
    return std::make_unique<Linear>(time_scopes_, in, time_outs_, Bias::kYes);
  }
  std::unique_ptr<Linear> text_projections() const {
    return std::make_unique<Linear>(text_scopes_, config_.context_size, text_outs_, Bias::kNo);
  }

 private:
  static std::optional<WeightScope> attention(const WeightScope& scope, int64_t j, bool present) {
    if (!present) return std::nullopt;
    return scope.at("attentions.", j);
  }

  const WeightScope& scope_;
  const UNetConfig& config_;
  GroupNormParams norm_;
  std::vector<WeightScope> time_scopes_, text_scopes_;
  std::vector<int64_t> time_outs_, text_outs_;
  int64_t time_channels_ = 0, text_channels_ = 0;
};

UNet::UNet(const WeightScope& scope, const UNetConfig& config)
    : config_(config),
      conv_in_(scope.at("conv_in"), config.in_channels, config.block_channels.front(), 3),
      conv_out_(scope.at("conv_out"), config.block_channels.front(), config.out_channels, 3),
      norm_out_(scope.at("conv_norm_out"), config.block_channels.front(),
                {.groups = config.norm_groups, .eps = config.norm_eps, .silu = true}),
      time_in_(scope.at("time_embedding.linear_1"), config.block_channels.front(),
               4 * config.block_channels.front()),
      time_hidden_(scope.at("time_embedding.linear_2"), 4 * config.block_channels.front(),
                   4 * config.block_channels.front()) {
  Builder builder(scope, config_);
  for (size_t i = 0; i < config.block_channels.size(); ++i) down_.push_back(builder.down_level(i));
  middle_ = builder.middle();
  for (size_t i = 0; i < config.block_channels.size(); ++i) up_.push_back(builder.up_level(i));
  time_bias_channels_ = builder.time_channels();
  text_kv_channels_ = builder.text_channels();
  time_projections_ = builder.time_projections(4 * config.block_channels.front());
  text_projections_ = builder.text_projections();
}

std::vector<PackedWeights*> UNet::quantisable() {
  std::vector<PackedWeights*> all;
  const auto add = [&](std::vector<Unit>& units) {
    for (Unit& unit : units) {
      for (PackedWeights* weights : unit.resnet.quantisable()) all.push_back(weights);
      if (!unit.transformer) continue;
      for (PackedWeights* weights : unit.transformer->quantisable()) all.push_back(weights);
    }
  };
  for (Level& level : down_) add(level.units);
  add(middle_);
  for (Level& level : up_) {
    add(level.units);
    if (level.resample) all.push_back(&level.resample->weights);
  }
  return all;
}

// Vaswani et al. 2017, as diffusers' get_timestep_embedding has it.
std::vector<float> UNet::time_features(double timestep) const {
  const int64_t half = config_.block_channels.front() / 2;
  std::vector<float> features(static_cast<size_t>(2 * half));
  for (int64_t i = 0; i < half; ++i) {
    const double exponent =
        -std::log(10000.0) * static_cast<double>(i) / (static_cast<double>(half) - config_.freq_shift);
    const double angle = timestep * std::exp(exponent);
    features[config_.flip_sin_to_cos ? half + i : i] = static_cast<float>(std::sin(angle));
    features[config_.flip_sin_to_cos ? i : half + i] = static_cast<float>(std::cos(angle));
  }
  return features;
}

ArenaTensor UNet::time_bias(const Tensor& features, Context& ctx) const {
  // Every residual block applies SiLU to the embedding before its own projection, so it is applied here once.
  const Epilogue silu{.activation = Activation::kSilu};
  return (*time_projections_)(time_hidden_(time_in_(features, silu, ctx), silu, ctx), {}, ctx);
}

ArenaTensor UNet::text_kv(const Tensor& states, Context& ctx) const {
  return (*text_projections_)(states, {}, ctx);
}

ArenaTensor UNet::run(const Unit& unit, const Tensor& x, const std::optional<Tensor>& skip,
                      const Tensor& time_bias, const Tensor& text_kv, Context& ctx) const {
  const int64_t width = unit.out_channels;
  ArenaTensor h = unit.resnet(x, skip, time_bias.channel_slice(unit.time_offset, width), ctx);
  if (!unit.transformer) return h;
  return (*unit.transformer)(h, text_kv.channel_slice(unit.kv_offset, width),
                             text_kv.channel_slice(unit.kv_offset + width, width), ctx);
}

ArenaTensor UNet::operator()(const Tensor& x, const Tensor& time_bias, const Tensor& text_kv,
                             Context& ctx) const {
  std::vector<ArenaTensor> skips;
  skips.push_back(conv_in_(x, {}, ctx));
  for (const Level& level : down_) {
    for (const Unit& unit : level.units) {
      skips.push_back(run(unit, skips.back(), std::nullopt, time_bias, text_kv, ctx));
    }
    if (level.resample) skips.push_back((*level.resample)(skips.back(), {}, ctx));
  }

  ArenaTensor h = run(middle_[0], skips.back(), std::nullopt, time_bias, text_kv, ctx);
  h = run(middle_[1], h, std::nullopt, time_bias, text_kv, ctx);

  for (const Level& level : up_) {
    for (const Unit& unit : level.units) {
      h = run(unit, h, skips.back().tensor(), time_bias, text_kv, ctx);
      skips.pop_back();
    }
    if (level.resample) h = (*level.resample)(h, {}, ctx);
  }
  return conv_out_(norm_out_(h, ctx), {}, ctx);
}

}  // namespace ltw
