package dev.latentween.model;

import java.util.Arrays;
import java.util.Locale;

/**
 * A model with the shapes of Stable Diffusion 1.5 and no weights of its own: for measuring where
 * there is no file. Its prompts' token ids are in the vocabulary's range and mean nothing.
 */
public final class SyntheticModel {
  /** What stands for it where a model's path is expected. */
  public static final String SD15 = "synthetic:sd15";

  public static final ModelConfig CONFIG =
      new ModelConfig(
          new TextConfig(49408, 768, 3072, 12, 12, 77, 1e-5, TextConfig.Activation.QUICK_GELU),
          new UNetConfig(
              4,
              4,
              new int[] {320, 640, 1280, 1280},
              new boolean[] {true, true, true, false},
              new boolean[] {false, true, true, true},
              2,
              new int[] {8, 8, 8, 8},
              768,
              32,
              1e-5,
              false,
              true,
              0),
          new VaeConfig(3, 3, 4, new int[] {128, 256, 512, 512}, 2, 32, 0.18215),
          new SchedulerConfig(
              0.00085,
              0.012,
              SchedulerConfig.BetaSchedule.SCALED_LINEAR,
              1000,
              SchedulerConfig.PredictionType.EPSILON));

  private static final int START = 49406;
  private static final int END = 49407;

  private SyntheticModel() {}

  /** Of the weights of a seed, as a file name. */
  public static String identity(long seed) {
    return "synthetic-sd15-" + seed;
  }

  /** Start, an id for each word by its hash, end; cut and padded to 77. */
  public static int[] tokenIds(String prompt) {
    int[] ids = new int[CONFIG.text().maxPositions()];
    Arrays.fill(ids, END);
    ids[0] = START;
    String[] words = prompt.strip().toLowerCase(Locale.ROOT).split("\\s+");
    for (int i = 0; i < Math.min(words.length, ids.length - 2); i++) {
      ids[i + 1] = Math.floorMod(words[i].hashCode(), START);
    }
    return ids;
  }
}
