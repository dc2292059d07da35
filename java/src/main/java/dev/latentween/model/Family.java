package dev.latentween.model;

import java.util.Map;

/** Kinds of checkpoints that people have, told apart so that a refusal can name them. */
enum Family {
  SD1("Stable Diffusion 1.x"),
  SD2("Stable Diffusion 2.x"),
  SDXL("Stable Diffusion XL"),
  SD3("Stable Diffusion 3"),
  FLUX("Flux"),
  INPAINTING("Stable Diffusion inpainting"),
  CONDITIONED("Stable Diffusion with extra input channels (depth, image editing)"),
  LORA("LoRA"),
  UNKNOWN("no Stable Diffusion model");

  private static final int SD2_CONTEXT = 1024;

  private final String title;

  Family(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  boolean supported() {
    return this == SD1;
  }

  /** Of a single file, by the tensors it has. */
  static Family ofLdm(Map<String, StoredTensor> tensors) {
    StoredTensor input = tensors.get(LdmNames.UNET + "input_blocks.0.0.weight");
    if (input == null) {
      if (hasPrefix(tensors, LdmNames.UNET + "joint_blocks.")) {
        return SD3;
      }
      if (hasPrefix(tensors, LdmNames.UNET + "double_blocks.")
          || hasPrefix(tensors, "double_blocks.")) {
        return FLUX;
      }
      return hasPrefix(tensors, "lora_") ? LORA : UNKNOWN;
    }
    if (hasPrefix(tensors, "conditioner.")) {
      return SDXL;
    }
    if (input.shape().length > 1 && input.shape()[1] != 4) {
      return extraChannels(input.shape()[1]);
    }
    return hasPrefix(tensors, "cond_stage_model.model.") ? SD2 : SD1;
  }

  /** Of a diffusers folder, by its UNet's config. */
  static Family ofUNet(ConfigJson unet) {
    String addition = unet.json().path("addition_embed_type").asText();
    int context = unet.json().path("cross_attention_dim").asInt();
    int channels = unet.json().path("in_channels").asInt(4);
    if (addition.equals("text_time")) {
      return SDXL;
    }
    if (channels > 4) {
      return extraChannels(channels);
    }
    return context == SD2_CONTEXT ? SD2 : SD1;
  }

  private static Family extraChannels(long channels) {
    return channels == 9 ? INPAINTING : CONDITIONED;
  }

  private static boolean hasPrefix(Map<String, ?> tensors, String prefix) {
    return tensors.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }
}
