package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSizeTest {
  @ParameterizedTest
  @CsvSource({
    "103, 32, 1, 26",
    "103, 32, 2, 26",
    "103, 32, 8, 13",
    "67, 32, 2, 17",
    "33, 32, 1, 17",
    "32, 32, 1, 32",
    "5, 32, 2, 3",
    "1, 32, 8, 1",
    "0, 32, 1, 1",
    "12, 1, 2, 1"
  })
  void autoLeavesNoEngineIdleAndNoBatchNearlyEmpty(
      int frames, int limit, int engines, int expected) {
    assertThat(BatchSize.parse("auto").of(frames, limit, engines)).isEqualTo(expected);
  }

  @Test
  void whatIsAskedForIsTaken() {
    assertThat(BatchSize.parse("20").of(103, 32, 2)).isEqualTo(20);
    assertThat(BatchSize.parse("100000").of(103, 32, 1)).as("no room for more").isEqualTo(103);
  }

  /** With 2048 MiB of weights; what fitted on an H100 with the model loaded. */
  @ParameterizedTest
  @CsvSource({"2046, 10", "4094, 26", "8190, 32"})
  void theEstimateIsWhatFitsOrSomewhatLess(long freeMebibytes, int fitted) {
    assertThat(BatchSize.estimate((2048 + freeMebibytes) << 20)).isBetween(fitted * 2 / 3, fitted);
    assertThat(BatchSize.estimate(2 << 20)).isZero();
  }
}
