package dev.latentween.benchmarks;

import dev.latentween.model.ModelConfig;
import dev.latentween.model.SyntheticModel;
import dev.latentween.model.TextConfig;
import dev.latentween.model.TextConfig.Activation;
import dev.latentween.model.UNetConfig;
import dev.latentween.model.VaeConfig;

/** The models that are measured: one network of true shape, the others as small as can be. */
final class Shapes {
  private static final boolean[] DOWN = {true, true, true, false};
  private static final boolean[] UP = {false, true, true, true};

  private Shapes() {}

  static ModelConfig of(String network, String size) {
    boolean large = size.equals("sd15");
    return switch (network) {
      case "unet" ->
          large
              ? model(text(768, 1, 12), unet(2, 32, 8, 768, 320, 640, 1280, 1280), vae(1, 32, 32))
              : model(text(128, 1, 4), unet(1, 16, 4, 128, 64, 96, 128, 96), vae(1, 32, 32));
      case "vaeDecode" ->
          large
              ? model(
                  text(32, 1, 1),
                  unet(1, 32, 1, 32, 32, 32, 32, 32),
                  vae(2, 32, 128, 256, 512, 512))
              : model(
                  text(32, 1, 1), unet(1, 32, 1, 32, 32, 32, 32, 32), vae(1, 16, 32, 64, 96, 112));
      case "textEncode" ->
          large
              ? model(text(768, 12, 12), unet(1, 32, 1, 768, 32, 32, 32, 32), vae(1, 32, 32))
              : model(text(128, 4, 4), unet(1, 32, 1, 128, 32, 32, 32, 32), vae(1, 32, 32));
      default -> throw new IllegalArgumentException(network);
    };
  }

  private static ModelConfig model(TextConfig text, UNetConfig unet, VaeConfig vae) {
    return new ModelConfig(text, unet, vae, SyntheticModel.CONFIG.scheduler());
  }

  private static TextConfig text(int width, int layers, int heads) {
    return new TextConfig(1024, width, 4 * width, layers, heads, 77, 1e-5, Activation.QUICK_GELU);
  }

  private static UNetConfig unet(int layers, int groups, int heads, int context, int... channels) {
    int[] all = {heads, heads, heads, heads};
    return new UNetConfig(
        4, 4, channels, DOWN, UP, layers, all, context, groups, 1e-5, false, true, 0);
  }

  private static VaeConfig vae(int layers, int groups, int... channels) {
    return new VaeConfig(3, 3, 4, channels, layers, groups, 0.18215);
  }
}
