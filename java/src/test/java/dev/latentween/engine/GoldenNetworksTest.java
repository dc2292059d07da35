package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text encoder, UNet and VAE against the references: relative error at most 1e-4 in float32. */
class GoldenNetworksTest {
  private static final double TOLERANCE = 1e-4;
  private static final Golden GOLDEN = Golden.open();
  private static TinyEngine tiny;

  @BeforeAll
  static void load() {
    tiny = new TinyEngine();
  }

  @AfterAll
  static void close() {
    tiny.close();
  }

  private static void assertClose(float[] actual, String reference) {
    assertThat(Golden.relativeError(actual, GOLDEN.floats(reference)))
        .as(reference)
        .isLessThanOrEqualTo(TOLERANCE);
  }

  @Test
  void textStates() {
    float[] states = new float[GOLDEN.floats("text.last_hidden").length];
    tiny.parts.encodeText(GOLDEN.ints("text.ids"), 4, 1, states);
    assertClose(states, "text.last_hidden");
  }

  @Test
  void textStatesWithClipSkip() {
    float[] states = new float[GOLDEN.floats("text.clip_skip2").length];
    tiny.parts.encodeText(GOLDEN.ints("text.ids"), 4, 2, states);
    assertClose(states, "text.clip_skip2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"square", "wide", "odd"})
  void unet(String shape) {
    String x = "unet." + shape + ".x";
    int[] timesteps = GOLDEN.ints("unet." + shape + ".t");
    float[] out = new float[GOLDEN.floats(x).length];
    tiny.parts.unet(
        timesteps.length,
        GOLDEN.size(x, 2),
        GOLDEN.size(x, 3),
        77,
        GOLDEN.floats(x),
        new float[] {timesteps[0], timesteps[1]},
        GOLDEN.floats("unet.context"),
        out);
    assertClose(out, "unet." + shape + ".eps");
  }

  @Test
  void vaeDecoder() {
    float[] z = GOLDEN.floats("vae.z");
    for (int i = 0; i < z.length; i++) {
      z[i] /= 0.18215f;
    }
    float[] image = new float[GOLDEN.floats("vae.decoded").length];
    tiny.parts.decodeLatent(
        GOLDEN.size("vae.z", 0), GOLDEN.size("vae.z", 2), GOLDEN.size("vae.z", 3), z, image);
    assertClose(image, "vae.decoded");
  }

  @Test
  void vaeEncoder() {
    float[] mean = new float[GOLDEN.floats("vae.mean").length];
    float[] logVariance = new float[mean.length];
    tiny.parts.encodeImage(
        1,
        GOLDEN.size("vae.image", 2),
        GOLDEN.size("vae.image", 3),
        GOLDEN.floats("vae.image"),
        mean,
        logVariance);
    assertClose(mean, "vae.mean");
    assertClose(logVariance, "vae.logvar");
  }
}
