package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSizeTest {
  /** Full batches, the same number of them on every engine, small ones for short renders. */
  @ParameterizedTest
  @CsvSource({
    "103, 32, 1, 13",
    "103, 32, 2, 13",
    "103, 32, 8, 2",
    "207, 32, 1, 23",
    "207, 32, 2, 13",
    "67, 32, 2, 7",
    "33, 32, 1, 11",
    "32, 32, 1, 8",
    "5, 32, 2, 3",
    "1, 32, 8, 1",
    "0, 32, 1, 1",
    "12, 1, 2, 1",
    "1000, 32, 1, 25",
    "1000, 32, 4, 10",
    "67, 10, 1, 10"
  })
  void autoIsSoonestDone(int frames, int limit, int engines, int expected) {
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
