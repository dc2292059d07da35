package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.settings.NoiseDevice;
import dev.latentween.settings.Sampler;
import dev.latentween.settings.SigmaSchedule;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sigma tables, torch's noise and every sampler's end latent against the references. */
class GoldenSamplingTest {
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

  @ParameterizedTest
  @CsvSource({
    "sigmas, COMPVIS, 10",
    "sigmas, COMPVIS, 20",
    "karras, KARRAS, 10",
    "karras, KARRAS, 20"
  })
  void sigmas(String name, SigmaSchedule schedule, int steps) {
    double[] sigmas = tiny.parts.sigmas(schedule, steps);
    float[] reference = GOLDEN.floats("sampler." + name + "." + steps);
    for (int i = 0; i <= steps; i++) {
      assertThat(sigmas[i]).isCloseTo(reference[i], within(1e-6 * Math.max(1, reference[i])));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "KLMS, lms",
    "DPM2, dpm_2",
    "DPM2_ANCESTRAL, dpm_2_ancestral",
    "HEUN, heun",
    "EULER, euler",
    "EULER_ANCESTRAL, euler_ancestral",
    "DPM_FAST, dpm_fast",
    "DPM_ADAPTIVE, dpm_adaptive",
    "DPMPP_2S_A, dpmpp_2s_ancestral",
    "DPMPP_2M, dpmpp_2m",
    "DDIM, ddim",
    "PLMS, plms"
  })
  void endLatent(Sampler sampler, String name) {
    for (int steps : new int[] {10, 20}) {
      float[] latents = GOLDEN.floats("sampler.noise");
      tiny.parts.sample(
          sampler,
          SigmaSchedule.COMPVIS,
          steps,
          steps,
          7.0,
          0.0,
          2,
          16,
          16,
          GOLDEN.floats("unet.context"),
          emptyPromptTwice(),
          GOLDEN.floats("sampler.step_noise"),
          GOLDEN.size("sampler.step_noise", 0),
          latents);
      assertThat(Golden.relativeError(latents, GOLDEN.floats("sampler." + name + "." + steps)))
          .as("%s, %d steps", name, steps)
          .isLessThanOrEqualTo(1e-3);
    }
  }

  private static float[] emptyPromptTwice() {
    int states = GOLDEN.floats("text.last_hidden").length / 4;
    float[] empty = Arrays.copyOfRange(GOLDEN.floats("text.last_hidden"), 2 * states, 3 * states);
    float[] twice = Arrays.copyOf(empty, 2 * states);
    System.arraycopy(empty, 0, twice, states, states);
    return twice;
  }

  /** The references are three calls in a row after one manual_seed. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 42, 1234567890, 4294967295L})
  void torchNoise(long seed) {
    String[] sizes = {"8x8", "64x64", "64x96"};
    for (NoiseDevice device : NoiseDevice.values()) {
      float[][] draws = ModelParts.randn(device, seed, 4 * 8 * 8, 4 * 64 * 64, 4 * 64 * 96);
      for (int d = 0; d < sizes.length; d++) {
        String name = "randn." + device.settingName() + "." + seed + ".1x4x" + sizes[d];
        float[] reference = GOLDEN.floats(name);
        float[] drawn = draws[d];
        double mean = 0;
        for (float value : drawn) {
          mean += (double) value / drawn.length;
        }
        for (int i = 0; i < 64; i++) {
          assertThat(drawn[i]).as(name).isCloseTo(reference[i], within(1e-6f));
          assertThat(drawn[drawn.length - 64 + i])
              .as(name)
              .isCloseTo(reference[64 + i], within(1e-6f));
        }
        assertThat(mean).as(name).isCloseTo(reference[128], within(1e-5));
      }
    }
  }
}
