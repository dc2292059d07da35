package dev.latentween.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RatioTest {
  @Test
  void ofIterationsTheMiddleCounts() {
    Ratio ratio =
        Ratio.of("a", new double[] {10, 11, 90, 12, 10.5}, new double[] {20, 20, 20, 20, 30});
    assertThat(ratio.name()).isEqualTo("a");
    assertThat(ratio.ours()).isEqualTo(11);
    assertThat(ratio.libTorch()).isEqualTo(20);
    assertThat(ratio.ratio()).as("of 0.5, 0.55, 4.5, 0.6, 0.35").isEqualTo(0.55);
    assertThat(ratio.noise()).as("of 0.05, 0, 3.95, 0.05, 0.2").isCloseTo(0.2224, within(1e-4));
  }

  @Test
  void ofAnEvenNumberItIsTheMeanOfTheTwoInTheMiddle() {
    assertThat(Ratio.of("a", new double[] {4, 1, 3, 2}, new double[] {1, 1, 1, 1}).ratio())
        .isEqualTo(2.5);
  }

  @Test
  void noiseIsNeverTakenForLessThanItIsBetweenRuns() {
    assertThat(Ratio.of("a", new double[] {1, 1, 1}, new double[] {2, 2, 2}).noise())
        .isEqualTo(0.05);
  }
}
