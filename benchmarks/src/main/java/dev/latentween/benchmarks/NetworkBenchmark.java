package dev.latentween.benchmarks;

import org.openjdk.jmh.annotations.Param;

/**
 * One evaluation of a network. {@code sd15} is of Stable Diffusion 1.5's shape, {@code small} of
 * the demo model's.
 */
public class NetworkBenchmark extends PairBenchmark {
  @Param({"unet", "vaeDecode", "textEncode"})
  public String what;

  @Param({"sd15", "small"})
  public String size;

  @Override
  Pair newPair() {
    return NetworkPair.of(what, size);
  }
}
