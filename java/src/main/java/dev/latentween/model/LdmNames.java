package dev.latentween.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Canonical names to those of the original (CompVis, "LDM") code, which single-file checkpoints
 * have. There the UNet's blocks are numbered through all levels, and the decoder's levels run from
 * the highest resolution.
 */
final class LdmNames {
  static final String TEXT = "cond_stage_model.transformer.";
  static final String UNET = "model.diffusion_model.";
  static final String VAE = "first_stage_model.";

  private static final Pattern BLOCK =
      Pattern.compile("(down|up)_blocks\\.(\\d+)\\.(resnets|attentions|\\w+samplers)\\.(\\d+)(.*)");

  private static final Map<String, String> UNET_STEMS =
      ordered(
          "time_embedding.linear_1.", "time_embed.0.",
          "time_embedding.linear_2.", "time_embed.2.",
          "conv_in.", "input_blocks.0.0.",
          "conv_norm_out.", "out.0.",
          "conv_out.", "out.2.",
          "mid_block.resnets.0.", "middle_block.0.",
          "mid_block.attentions.0.", "middle_block.1.",
          "mid_block.resnets.1.", "middle_block.2.");

  private static final Map<String, String> UNET_RESNET =
      ordered(
          ".norm1.", ".in_layers.0.",
          ".conv1.", ".in_layers.2.",
          ".time_emb_proj.", ".emb_layers.1.",
          ".norm2.", ".out_layers.0.",
          ".conv2.", ".out_layers.3.",
          ".conv_shortcut.", ".skip_connection.");

  private static final Map<String, String> VAE_PARTS =
      ordered(
          ".conv_shortcut.", ".nin_shortcut.",
          ".conv_norm_out.", ".norm_out.",
          ".mid_block.resnets.0.", ".mid.block_1.",
          ".mid_block.resnets.1.", ".mid.block_2.",
          ".mid_block.attentions.0.", ".mid.attn_1.",
          ".group_norm.", ".norm.",
          ".to_q.", ".q.",
          ".to_k.", ".k.",
          ".to_v.", ".v.",
          ".to_out.0.", ".proj_out.");

  private final ModelConfig config;

  LdmNames(ModelConfig config) {
    this.config = config;
  }

  /** The names a canonical tensor may go by, the usual one first. */
  List<String> of(String canonical) {
    int dot = canonical.indexOf('.');
    String name = canonical.substring(dot + 1);
    return switch (canonical.substring(0, dot)) {
      case "text_encoder" -> List.of(TEXT + name, TEXT + name.substring("text_model.".length()));
      case "unet" -> List.of(UNET + unet(name));
      case "vae" -> List.of(VAE + vae(name));
      default -> throw new IllegalArgumentException(canonical);
    };
  }

  private String unet(String name) {
    Matcher block = BLOCK.matcher(name);
    if (!block.matches()) {
      String placed = replace(UNET_STEMS, name);
      return name.contains(".resnets.") ? replace(UNET_RESNET, placed) : placed;
    }
    int level = Integer.parseInt(block.group(2));
    int layer = Integer.parseInt(block.group(4));
    int layers = config.unet().layersPerBlock();
    String rest = block.group(5);
    if (block.group(1).equals("down")) {
      int first = 1 + level * (layers + 1); // input_blocks.0 is conv_in; a downsampler ends a level
      return switch (block.group(3)) {
        case "resnets" -> "input_blocks." + (first + layer) + ".0" + replace(UNET_RESNET, rest);
        case "attentions" -> "input_blocks." + (first + layer) + ".1" + rest;
        default -> "input_blocks." + (first + layers) + ".0" + rest.replace(".conv.", ".op.");
      };
    }
    int first = level * (layers + 1);
    return switch (block.group(3)) {
      case "resnets" -> "output_blocks." + (first + layer) + ".0" + replace(UNET_RESNET, rest);
      case "attentions" -> "output_blocks." + (first + layer) + ".1" + rest;
      // The upsampler shares the level's last block with its resnet and attention.
      default ->
          "output_blocks."
              + (first + layers)
              + (config.unet().upAttention()[level] ? ".2" : ".1")
              + rest;
    };
  }

  private String vae(String name) {
    int dot = name.indexOf('.');
    Matcher block = BLOCK.matcher(name.substring(dot + 1));
    if (!block.matches()) {
      return replace(VAE_PARTS, name);
    }
    boolean down = block.group(1).equals("down");
    int level = Integer.parseInt(block.group(2));
    int levels = config.vae().blockOutChannels().length;
    String at =
        name.substring(0, dot + 1) + (down ? "down." + level : "up." + (levels - 1 - level));
    String rest = replace(VAE_PARTS, block.group(5));
    return block.group(3).equals("resnets")
        ? at + ".block." + block.group(4) + rest
        : at + (down ? ".downsample" : ".upsample") + rest;
  }

  private static String replace(Map<String, String> parts, String name) {
    String result = name;
    for (Map.Entry<String, String> part : parts.entrySet()) {
      result = result.replace(part.getKey(), part.getValue());
    }
    return result;
  }

  private static Map<String, String> ordered(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
