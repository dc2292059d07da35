package dev.latentween.bench;

import dev.latentween.model.ModelConfig;
import dev.latentween.model.SchedulerConfig;
import dev.latentween.model.TextConfig;
import dev.latentween.model.TextConfig.Activation;
import dev.latentween.model.UNetConfig;
import dev.latentween.model.VaeConfig;

/** Stable Diffusion 1.5's shapes, which random weights are made for where no model is named. */
final class Sd15 {
  static final ModelConfig CONFIG =
      new ModelConfig(
          new TextConfig(49408, 768, 3072, 12, 12, 77, 1e-5, Activation.QUICK_GELU),
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

  private Sd15() {}
}
