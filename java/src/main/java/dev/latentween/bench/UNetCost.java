package dev.latentween.bench;

import dev.latentween.model.UNetConfig;

/**
 * What one sample's evaluation of the UNet asks for at least: its products, that is convolutions,
 * linear layers and attention. What a render moves out of its loop, time embeddings and the
 * prompt's keys and values, is not counted, nor is what reads a product's result once more: norms
 * and activations.
 */
final class UNetCost {
  private static final int FEED_FORWARD = 4; // width of its middle in widths of the block

  private double flops;
  private double values;
  private double weights;

  private UNetCost() {}

  /**
   * Walks through the network.
   *
   * @param height and {@code width} of the latents
   * @param tokens of a prompt
   */
  static UNetCost of(UNetConfig config, int height, int width, int tokens) {
    UNetCost cost = new UNetCost();
    int[] channels = config.blockOutChannels();
    int levels = channels.length;
    double pixels = (double) height * width;
    cost.product(pixels, config.inChannels(), channels[0], 9);
    for (int i = 0; i < levels; i++) {
      int in = channels[Math.max(0, i - 1)];
      for (int j = 0; j < config.layersPerBlock(); j++) {
        cost.unit(
            pixels, j == 0 ? in : channels[i], channels[i], config.downAttention()[i], tokens);
      }
      if (i < levels - 1) {
        pixels /= 4;
        cost.product(pixels, channels[i], channels[i], 9);
      }
    }
    int middle = channels[levels - 1];
    cost.unit(pixels, middle, middle, true, tokens);
    cost.unit(pixels, middle, middle, false, tokens);
    for (int i = 0; i < levels; i++) {
      int level = levels - 1 - i;
      int out = channels[level];
      for (int j = 0; j <= config.layersPerBlock(); j++) {
        int in = j == 0 ? channels[Math.min(levels - 1, level + 1)] : out;
        int skip = j == config.layersPerBlock() ? channels[Math.max(0, level - 1)] : out;
        cost.unit(pixels, in + skip, out, config.upAttention()[i], tokens);
      }
      if (level > 0) {
        pixels *= 4;
        cost.product(pixels, out, out, 9);
      }
    }
    cost.product(pixels, channels[0], config.outChannels(), 9);
    return cost;
  }

  /** A residual block, and a transformer block behind it if {@code attends}. */
  private void unit(double pixels, int in, int out, boolean attends, int tokens) {
    product(pixels, in, out, 9);
    product(pixels, out, out, 9);
    if (in != out) {
      product(pixels, in, out, 1);
    }
    if (!attends) {
      return;
    }
    product(pixels, out, out, 1); // into the transformer
    product(pixels, out, 3 * out, 1);
    attention(pixels, pixels, out);
    product(pixels, out, out, 1);
    product(pixels, out, out, 1); // queries to the prompt
    attention(pixels, tokens, out);
    product(pixels, out, out, 1);
    product(pixels, out, 2 * FEED_FORWARD * out, 1);
    values -= pixels * FEED_FORWARD * out; // half of it is a gate, which the product itself applies
    product(pixels, FEED_FORWARD * out, out, 1);
    product(pixels, out, out, 1); // out of the transformer
  }

  private void product(double rows, double in, double out, int window) {
    flops += 2 * rows * in * out * window;
    values += rows * (in + out);
    weights += in * out * window;
  }

  private void attention(double queries, double keys, double width) {
    flops += 4 * queries * keys * width;
    values += (2 * queries + 2 * keys) * width;
  }

  /** Multiplications and additions. */
  double flops() {
    return flops;
  }

  /**
   * Bytes that {@code samples} evaluated at once move: every product's input and output, and the
   * weights once for all.
   */
  double bytes(int samples, int bytesPerValue) {
    return (samples * values + weights) * bytesPerValue;
  }
}
