package dev.latentween.model;

import java.util.List;

/**
 * Turns the parts' config.json into records. What would change the computation in a way the engine
 * does not have is refused by name; fields that older files lack get the value they then had.
 */
final class ConfigReader {
  private static final int MAX_LAYERS = 256;

  private ConfigReader() {}

  static ModelConfig read(
      ConfigJson textJson, ConfigJson unetJson, ConfigJson vaeJson, ConfigJson schedulerJson) {
    TextConfig text = text(textJson.copy());
    UNetConfig unet = unet(unetJson.copy());
    VaeConfig vae = vae(vaeJson.copy());
    if (unet.crossAttentionDim() != text.hiddenSize()) {
      throw unetJson.bad(
          "cross_attention_dim",
          unet.crossAttentionDim() + " is not the text encoder's width " + text.hiddenSize());
    }
    if (unet.inChannels() != vae.latentChannels() || unet.outChannels() != vae.latentChannels()) {
      throw unetJson.bad(
          "in_channels, out_channels",
          unet.inChannels()
              + ", "
              + unet.outChannels()
              + " are not the VAE's latent channels "
              + vae.latentChannels());
    }
    return new ModelConfig(text, unet, vae, scheduler(schedulerJson.copy()));
  }

  static TextConfig text(ConfigJson json) {
    json.withDefault("layer_norm_eps", 1e-5);
    TextConfig text =
        new TextConfig(
            json.integer("vocab_size"),
            json.integer("hidden_size"),
            json.integer("intermediate_size"),
            layers(json, "num_hidden_layers"),
            json.integer("num_attention_heads"),
            json.integer("max_position_embeddings"),
            json.positiveNumber("layer_norm_eps"),
            json.choice("hidden_act", TextConfig.Activation.class));
    divides(json, "num_attention_heads", text.heads(), "hidden_size", text.hiddenSize());
    return text;
  }

  static UNetConfig unet(ConfigJson json) {
    refuseOtherUNets(json);
    json.withDefault("norm_eps", 1e-5)
        .withDefault("use_linear_projection", false)
        .withDefault("flip_sin_to_cos", true)
        .withDefault("freq_shift", 0);
    int blocks = json.blocks("block_out_channels");
    // diffusers' old misnomer: attention_head_dim is the number of heads.
    String headsField =
        json.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
    UNetConfig unet =
        new UNetConfig(
            json.integer("in_channels"),
            json.integer("out_channels"),
            json.integers("block_out_channels", blocks),
            attention(json, "down_block_types", blocks, "CrossAttnDownBlock2D", "DownBlock2D"),
            attention(json, "up_block_types", blocks, "CrossAttnUpBlock2D", "UpBlock2D"),
            layers(json, "layers_per_block"),
            json.integers(headsField, blocks),
            json.integer("cross_attention_dim"),
            json.integer("norm_num_groups"),
            json.positiveNumber("norm_eps"),
            json.flag("use_linear_projection"),
            json.flag("flip_sin_to_cos"),
            json.number("freq_shift"));
    for (int i = 0; i < blocks; i++) {
      int channels = unet.blockOutChannels()[i];
      divides(json, headsField, unet.heads()[i], "block_out_channels", channels);
      divides(json, "norm_num_groups", unet.normGroups(), "block_out_channels", channels);
    }
    return unet;
  }

  private static void refuseOtherUNets(ConfigJson json) {
    for (String field :
        List.of(
            "addition_embed_type",
            "class_embed_type",
            "cross_attention_norm",
            "encoder_hid_dim",
            "encoder_hid_dim_type",
            "num_class_embeds",
            "time_cond_proj_dim",
            "time_embedding_act_fn",
            "time_embedding_dim",
            "timestep_post_act")) {
      json.only(field);
    }
    for (String field :
        List.of(
            "center_input_sample",
            "class_embeddings_concat",
            "dual_cross_attention",
            "mid_block_only_cross_attention",
            "only_cross_attention",
            "resnet_skip_time_act")) {
      json.only(field, false);
    }
    json.only("act_fn", "silu", "swish");
    json.only("attention_type", "default");
    json.only("conv_in_kernel", 3);
    json.only("conv_out_kernel", 3);
    json.only("downsample_padding", 1);
    json.only("mid_block_scale_factor", 1);
    json.only("mid_block_type", "UNetMidBlock2DCrossAttn");
    json.only("resnet_out_scale_factor", 1);
    json.only("resnet_time_scale_shift", "default");
    json.only("time_embedding_type", "positional");
    json.only("transformer_layers_per_block", 1);
    json.only("reverse_transformer_layers_per_block", 1);
  }

  static VaeConfig vae(ConfigJson json) {
    json.only("in_channels", 3);
    json.only("out_channels", 3);
    json.only("act_fn", "silu", "swish");
    json.only("down_block_types", "DownEncoderBlock2D");
    json.only("up_block_types", "UpDecoderBlock2D");
    json.only("mid_block_add_attention", true);
    json.only("use_quant_conv", true);
    json.only("use_post_quant_conv", true);
    json.only("latents_mean");
    json.only("latents_std");
    json.only("shift_factor", 0);
    json.withDefault("scaling_factor", 0.18215).withDefault("norm_num_groups", 32);
    int blocks = json.blocks("block_out_channels");
    VaeConfig vae =
        new VaeConfig(
            json.integer("in_channels"),
            json.integer("out_channels"),
            json.integer("latent_channels"),
            json.integers("block_out_channels", blocks),
            layers(json, "layers_per_block"),
            json.integer("norm_num_groups"),
            json.positiveNumber("scaling_factor"));
    for (int channels : vae.blockOutChannels()) {
      divides(json, "norm_num_groups", vae.normGroups(), "block_out_channels", channels);
    }
    return vae;
  }

  static SchedulerConfig scheduler(ConfigJson json) {
    json.only("trained_betas");
    json.only("rescale_betas_zero_snr", false);
    json.withDefault("num_train_timesteps", 1000).withDefault("prediction_type", "epsilon");
    SchedulerConfig scheduler =
        new SchedulerConfig(
            json.positiveNumber("beta_start"),
            json.positiveNumber("beta_end"),
            json.choice("beta_schedule", SchedulerConfig.BetaSchedule.class),
            json.integer("num_train_timesteps"),
            json.choice("prediction_type", SchedulerConfig.PredictionType.class));
    if (scheduler.betaEnd() >= 1 || scheduler.betaStart() > scheduler.betaEnd()) {
      throw json.bad("beta_start, beta_end", "are not in order between 0 and 1");
    }
    return scheduler;
  }

  private static boolean[] attention(
      ConfigJson json, String field, int blocks, String with, String without) {
    List<String> types = json.texts(field, blocks);
    boolean[] attention = new boolean[blocks];
    for (int i = 0; i < blocks; i++) {
      attention[i] = types.get(i).equals(with);
      if (!attention[i] && !types.get(i).equals(without)) {
        throw json.bad(field, types.get(i) + " is not supported, only " + with + " and " + without);
      }
    }
    return attention;
  }

  private static int layers(ConfigJson json, String field) {
    int layers = json.integer(field);
    if (layers > MAX_LAYERS) {
      throw json.bad(field, layers + " is more than " + MAX_LAYERS);
    }
    return layers;
  }

  private static void divides(
      ConfigJson json, String field, int divisor, String ofField, int dividend) {
    if (dividend % divisor != 0) {
      throw json.bad(field, divisor + " does not divide " + ofField + " " + dividend);
    }
  }
}
