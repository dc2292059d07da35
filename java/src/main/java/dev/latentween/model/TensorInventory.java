package dev.latentween.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every weight of a model by canonical name, with its shape, in the order of the forward pass. This
 * is the one place that knows the networks' parameter lists.
 */
public final class TensorInventory {
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  private TensorInventory() {}

  /** The weights that a model of this config has. */
  public static TensorInventory of(ModelConfig config) {
    TensorInventory inventory = new TensorInventory();
    inventory.text(config.text());
    inventory.unet(config.unet());
    inventory.vae(config.vae());
    return inventory;
  }

  /** Shapes by name, in PyTorch's order of dimensions; not to be written to. */
  public Map<String, long[]> shapes() {
    return Collections.unmodifiableMap(shapes);
  }

  /** Number of parameters under a prefix such as {@code unet.}; the empty prefix counts all. */
  public long parameters(String prefix) {
    return shapes.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .mapToLong(entry -> elements(entry.getValue()))
        .sum();
  }

  static long elements(long[] shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }

  private void text(TextConfig text) {
    String at = "text_encoder.text_model.";
    int width = text.hiddenSize();
    add(at + "embeddings.token_embedding.weight", text.vocabSize(), width);
    add(at + "embeddings.position_embedding.weight", text.maxPositions(), width);
    for (int i = 0; i < text.layers(); i++) {
      String layer = at + "encoder.layers." + i + ".";
      norm(layer + "layer_norm1", width);
      for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(layer + "self_attn." + projection, width, width);
      }
      norm(layer + "layer_norm2", width);
      linear(layer + "mlp.fc1", width, text.intermediateSize());
      linear(layer + "mlp.fc2", text.intermediateSize(), width);
    }
    norm(at + "final_layer_norm", width);
  }

  private void unet(UNetConfig unet) {
    int[] channels = unet.blockOutChannels();
    int blocks = channels.length;
    int time = 4 * channels[0];
    linear("unet.time_embedding.linear_1", channels[0], time);
    linear("unet.time_embedding.linear_2", time, time);
    conv("unet.conv_in", unet.inChannels(), channels[0], 3);

    int in = channels[0];
    for (int i = 0; i < blocks; i++) {
      String block = "unet.down_blocks." + i + ".";
      for (int j = 0; j < unet.layersPerBlock(); j++) {
        resnet(block + "resnets." + j, in, channels[i], time);
        in = channels[i];
        if (unet.downAttention()[i]) {
          transformer(block + "attentions." + j, in, unet);
        }
      }
      if (i < blocks - 1) {
        conv(block + "downsamplers.0.conv", in, in, 3);
      }
    }

    resnet("unet.mid_block.resnets.0", in, in, time);
    transformer("unet.mid_block.attentions.0", in, unet);
    resnet("unet.mid_block.resnets.1", in, in, time);

    for (int i = 0; i < blocks; i++) {
      String block = "unet.up_blocks." + i + ".";
      int level = blocks - 1 - i;
      int out = channels[level];
      for (int j = 0; j <= unet.layersPerBlock(); j++) {
        // The last skip of a level comes from the level above: its downsampler's output.
        int skip = j < unet.layersPerBlock() ? out : channels[Math.max(level - 1, 0)];
        resnet(block + "resnets." + j, in + skip, out, time);
        in = out;
        if (unet.upAttention()[i]) {
          transformer(block + "attentions." + j, out, unet);
        }
      }
      if (i < blocks - 1) {
        conv(block + "upsamplers.0.conv", out, out, 3);
      }
    }
    norm("unet.conv_norm_out", in);
    conv("unet.conv_out", in, unet.outChannels(), 3);
  }

  private void transformer(String at, int channels, UNetConfig unet) {
    norm(at + ".norm", channels);
    projection(at + ".proj_in", channels, unet.useLinearProjection());
    String block = at + ".transformer_blocks.0.";
    norm(block + "norm1", channels);
    attention(block + "attn1", channels, channels);
    norm(block + "norm2", channels);
    attention(block + "attn2", channels, unet.crossAttentionDim());
    norm(block + "norm3", channels);
    linear(block + "ff.net.0.proj", channels, 8 * channels); // GEGLU: value and gate
    linear(block + "ff.net.2", 4 * channels, channels);
    projection(at + ".proj_out", channels, unet.useLinearProjection());
  }

  private void projection(String at, int channels, boolean linear) {
    if (linear) {
      linear(at, channels, channels);
    } else {
      conv(at, channels, channels, 1);
    }
  }

  private void attention(String at, int channels, int context) {
    add(at + ".to_q.weight", channels, channels);
    add(at + ".to_k.weight", channels, context);
    add(at + ".to_v.weight", channels, context);
    linear(at + ".to_out.0", channels, channels);
  }

  private void vae(VaeConfig vae) {
    int[] channels = vae.blockOutChannels();
    int blocks = channels.length;
    int latent = vae.latentChannels();
    conv("vae.encoder.conv_in", vae.inChannels(), channels[0], 3);
    int in = channels[0];
    for (int i = 0; i < blocks; i++) {
      String block = "vae.encoder.down_blocks." + i + ".";
      for (int j = 0; j < vae.layersPerBlock(); j++) {
        resnet(block + "resnets." + j, in, channels[i], 0);
        in = channels[i];
      }
      if (i < blocks - 1) {
        conv(block + "downsamplers.0.conv", in, in, 3);
      }
    }
    vaeMiddle("vae.encoder.mid_block.", in);
    norm("vae.encoder.conv_norm_out", in);
    conv("vae.encoder.conv_out", in, 2 * latent, 3); // mean and log variance
    conv("vae.quant_conv", 2 * latent, 2 * latent, 1);

    conv("vae.post_quant_conv", latent, latent, 1);
    conv("vae.decoder.conv_in", latent, in, 3);
    vaeMiddle("vae.decoder.mid_block.", in);
    for (int i = 0; i < blocks; i++) {
      String block = "vae.decoder.up_blocks." + i + ".";
      int out = channels[blocks - 1 - i];
      for (int j = 0; j <= vae.layersPerBlock(); j++) {
        resnet(block + "resnets." + j, in, out, 0);
        in = out;
      }
      if (i < blocks - 1) {
        conv(block + "upsamplers.0.conv", in, in, 3);
      }
    }
    norm("vae.decoder.conv_norm_out", in);
    conv("vae.decoder.conv_out", in, vae.outChannels(), 3);
  }

  private void vaeMiddle(String at, int channels) {
    resnet(at + "resnets.0", channels, channels, 0);
    norm(at + "attentions.0.group_norm", channels);
    for (String projection : new String[] {"to_q", "to_k", "to_v", "to_out.0"}) {
      linear(at + "attentions.0." + projection, channels, channels);
    }
    resnet(at + "resnets.1", channels, channels, 0);
  }

  /** {@code time} is the width of the time embedding, 0 for none. */
  private void resnet(String at, int in, int out, int time) {
    norm(at + ".norm1", in);
    conv(at + ".conv1", in, out, 3);
    if (time > 0) {
      linear(at + ".time_emb_proj", time, out);
    }
    norm(at + ".norm2", out);
    conv(at + ".conv2", out, out, 3);
    if (in != out) {
      conv(at + ".conv_shortcut", in, out, 1);
    }
  }

  private void norm(String at, int channels) {
    add(at + ".weight", channels);
    add(at + ".bias", channels);
  }

  private void linear(String at, int in, int out) {
    add(at + ".weight", out, in);
    add(at + ".bias", out);
  }

  private void conv(String at, int in, int out, int kernel) {
    add(at + ".weight", out, in, kernel, kernel);
    add(at + ".bias", out);
  }

  private void add(String name, long... shape) {
    shapes.put(name, shape);
  }
}
