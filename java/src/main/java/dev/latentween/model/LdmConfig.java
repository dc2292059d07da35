package dev.latentween.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.latentween.settings.UserError;
import java.util.Map;

/**
 * The config of a single-file checkpoint. It carries none, so sizes are read off the shapes of its
 * tensors and put over a config that knows what shapes cannot tell (heads, groups, epsilons,
 * activation).
 */
final class LdmConfig {
  private final String source;
  private final Map<String, StoredTensor> tensors;

  LdmConfig(String source, Map<String, StoredTensor> tensors) {
    this.source = source;
    this.tensors = tensors;
  }

  /** SD 1.x's text encoder where {@code base} is silent: heads of 64. */
  ConfigJson text(ConfigJson base) {
    String at = LdmNames.TEXT + "text_model.";
    if (!tensors.containsKey(at + "embeddings.token_embedding.weight")) {
      at = LdmNames.TEXT;
    }
    ConfigJson config = base.copy();
    int width = size(at + "embeddings.token_embedding.weight", 1);
    config
        .json()
        .put("vocab_size", size(at + "embeddings.token_embedding.weight", 0))
        .put("hidden_size", width)
        .put("max_position_embeddings", size(at + "embeddings.position_embedding.weight", 0))
        .put("intermediate_size", size(at + "encoder.layers.0.mlp.fc1.weight", 0))
        .put("num_hidden_layers", count(at + "encoder.layers.", ".mlp.fc1.weight"));
    return config.withDefault("num_attention_heads", Math.max(1, width / 64));
  }

  ConfigJson unet(ConfigJson base) {
    String at = LdmNames.UNET;
    ConfigJson config = base.copy();
    ObjectNode json = config.json();
    ArrayNode channels = json.putArray("block_out_channels");
    ArrayNode down = json.putArray("down_block_types");
    ArrayNode up = json.putArray("up_block_types");
    int layers = 0;
    for (int i = 1; has(at + "input_blocks." + i + ".0.in_layers.0.weight"); i++) {
      String block = at + "input_blocks." + i;
      boolean levelEnds = !has(at + "input_blocks." + (i + 1) + ".0.in_layers.0.weight");
      if (levelEnds) {
        channels.add(size(block + ".0.out_layers.3.weight", 0));
        down.add(has(block + ".1.proj_in.weight") ? "CrossAttnDownBlock2D" : "DownBlock2D");
        layers = layers == 0 ? i : layers;
        i++; // the downsampler, or the end
      }
    }
    for (int i = 0; i < channels.size(); i++) {
      boolean attention = has(at + "output_blocks." + i * (layers + 1) + ".1.proj_in.weight");
      up.add(attention ? "CrossAttnUpBlock2D" : "UpBlock2D");
    }
    json.put("layers_per_block", layers)
        .put("in_channels", size(at + "input_blocks.0.0.weight", 1))
        .put("out_channels", size(at + "out.2.weight", 0))
        .put(
            "cross_attention_dim",
            size(at + "middle_block.1.transformer_blocks.0.attn2.to_k.weight", 1))
        .put(
            "use_linear_projection",
            tensor(at + "middle_block.1.proj_in.weight").shape().length == 2);
    return config;
  }

  ConfigJson vae(ConfigJson base) {
    String at = LdmNames.VAE;
    ConfigJson config = base.copy();
    ObjectNode json = config.json();
    ArrayNode channels = json.putArray("block_out_channels");
    for (int i = 0; has(at + "encoder.down." + i + ".block.0.conv2.weight"); i++) {
      channels.add(size(at + "encoder.down." + i + ".block.0.conv2.weight", 0));
    }
    json.remove("down_block_types");
    json.remove("up_block_types");
    json.put("layers_per_block", count(at + "encoder.down.0.block.", ".conv2.weight"))
        .put("in_channels", size(at + "encoder.conv_in.weight", 1))
        .put("out_channels", size(at + "decoder.conv_out.weight", 0))
        .put("latent_channels", size(at + "post_quant_conv.weight", 0));
    return config;
  }

  private int count(String prefix, String suffix) {
    int count = 0;
    while (has(prefix + count + suffix)) {
      count++;
    }
    return count;
  }

  private boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** One dimension; what does not fit an int becomes one that the config's checks refuse. */
  private int size(String name, int dimension) {
    long[] shape = tensor(name).shape();
    if (dimension >= shape.length) {
      throw new UserError(
          source + ": tensor " + name + " has only " + shape.length + " dimensions");
    }
    return (int) Math.min(shape[dimension], Integer.MAX_VALUE);
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new UserError(source + ": tensor " + name + " is missing");
    }
    return tensor;
  }
}
