package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which batches are measured and which is the best, on GPUs that are not here. */
class BatchesTest {
  @ParameterizedTest
  @CsvSource({
    "4, 64, '1 4 16 64'",
    "2, 64, '1 2 4 8 16 32 64'",
    "4, 20, '1 4 16 20'",
    "4, 3, '1 3'",
    "4, 1, 1"
  })
  void upToWhatFits(int factor, int largest, String batches) {
    IntStream measured =
        IntStream.iterate(
            1, batch -> batch <= largest, batch -> UNetCurve.next(batch, factor, largest));
    assertThat(measured.mapToObj(Integer::toString)).containsExactly(batches.split(" "));
  }

  @Test
  void bestIsTheSmallestThatIsAboutAsFastAsAny() {
    assertThat(best(444, 560, 586, 590)).isEqualTo(16);
    assertThat(best(444, 560, 578, 590)).as("2.03 % below").isEqualTo(64);
    assertThat(best(444, 600, 590, 586)).isEqualTo(4);
    assertThat(best(3)).isEqualTo(1);
  }

  /** Of rates at 1, 4, 16 and so on. */
  private static int best(double... rates) {
    Stream<Report.UNetPoint> points =
        IntStream.range(0, rates.length)
            .mapToObj(i -> new Report.UNetPoint(1 << 2 * i, 1, rates[i], true));
    return DeviceBench.best(points.toList()).batch();
  }
}
