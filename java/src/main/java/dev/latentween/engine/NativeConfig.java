package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_model_config;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.SchedulerConfig;
import dev.latentween.model.TextConfig;
import dev.latentween.model.UNetConfig;
import dev.latentween.model.VaeConfig;

/** A model's config as the native struct. */
final class NativeConfig {
  private NativeConfig() {}

  static ltw_model_config of(ModelConfig config) {
    ltw_model_config target = new ltw_model_config();
    text(config.text(), target);
    unet(config.unet(), target);
    vae(config.vae(), target);
    scheduler(config.scheduler(), target);
    return target;
  }

  private static void text(TextConfig text, ltw_model_config target) {
    target
        .text_vocab_size(text.vocabSize())
        .text_hidden_size(text.hiddenSize())
        .text_intermediate_size(text.intermediateSize())
        .text_layers(text.layers())
        .text_heads(text.heads())
        .text_positions(text.maxPositions())
        .text_norm_eps(text.layerNormEps())
        .text_activation(
            switch (text.activation()) {
              case QUICK_GELU -> LatentweenC.LTW_QUICK_GELU;
              case GELU -> LatentweenC.LTW_GELU;
            });
  }

  private static void unet(UNetConfig unet, ltw_model_config target) {
    int blocks = blocks("UNet", unet.blockOutChannels().length);
    target
        .unet_in_channels(unet.inChannels())
        .unet_out_channels(unet.outChannels())
        .unet_blocks(blocks)
        .unet_layers_per_block(unet.layersPerBlock())
        .unet_context_size(unet.crossAttentionDim())
        .unet_norm_groups(unet.normGroups())
        .unet_linear_projection(unet.useLinearProjection() ? 1 : 0)
        .unet_flip_sin_to_cos(unet.flipSinToCos() ? 1 : 0)
        .unet_freq_shift(unet.freqShift())
        .unet_norm_eps(unet.normEps());
    for (int i = 0; i < blocks; i++) {
      target
          .unet_block_channels(i, unet.blockOutChannels()[i])
          .unet_heads(i, unet.heads()[i])
          .unet_down_attention(i, unet.downAttention()[i] ? 1 : 0)
          .unet_up_attention(i, unet.upAttention()[i] ? 1 : 0);
    }
  }

  private static void vae(VaeConfig vae, ltw_model_config target) {
    int blocks = blocks("VAE", vae.blockOutChannels().length);
    target
        .vae_in_channels(vae.inChannels())
        .vae_out_channels(vae.outChannels())
        .vae_latent_channels(vae.latentChannels())
        .vae_blocks(blocks)
        .vae_layers_per_block(vae.layersPerBlock())
        .vae_norm_groups(vae.normGroups())
        .vae_scaling_factor(vae.scalingFactor());
    for (int i = 0; i < blocks; i++) {
      target.vae_block_channels(i, vae.blockOutChannels()[i]);
    }
  }

  private static void scheduler(SchedulerConfig scheduler, ltw_model_config target) {
    if (scheduler.betaSchedule() != SchedulerConfig.BetaSchedule.SCALED_LINEAR) {
      throw new IllegalArgumentException(
          "beta_schedule: " + scheduler.betaSchedule() + " is not supported, only scaled_linear");
    }
    target
        .beta_start(scheduler.betaStart())
        .beta_end(scheduler.betaEnd())
        .train_timesteps(scheduler.trainTimesteps())
        .prediction(
            switch (scheduler.predictionType()) {
              case EPSILON -> LatentweenC.LTW_EPSILON;
              case V_PREDICTION -> LatentweenC.LTW_V_PREDICTION;
            });
  }

  private static int blocks(String network, int count) {
    if (count > LatentweenC.LTW_MAX_BLOCKS) {
      throw new IllegalArgumentException(
          network + ": " + count + " blocks, at most " + LatentweenC.LTW_MAX_BLOCKS);
    }
    return count;
  }
}
