package dev.latentween.benchmarks;

import org.openjdk.jmh.annotations.Param;

/**
 * One op as the UNet's first level has it at 256x256 pixels, for a pair of latents: {@code sd15} of
 * 320 channels, {@code small} of the demo model's 64.
 */
public class OpBenchmark extends PairBenchmark {
  @Param({"conv2d", "linear", "attention", "groupNorm"})
  public String what;

  @Param({"sd15", "small"})
  public String size;

  @Override
  Pair newPair() {
    return size.equals("sd15") ? OpPair.of(what, 320, 8, 32) : OpPair.of(what, 64, 4, 16);
  }
}
