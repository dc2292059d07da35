package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileTest {
  private static final int MOST_FRAMES = 64;

  /**
   * What a profile may take at the worst on a device that makes a batch in five seconds: 64 frames
   * of an H100. Start, ceilings and the gate take a few.
   */
  @ParameterizedTest
  @CsvSource({"QUICK, 1, 55", "FULL, 1, 290", "FULL, 2, 290", "QUICK, 8, 480", "FULL, 8, 600"})
  void timeIsBounded(Profile profile, int devices, int seconds) {
    Profile.Limits limits = profile.limits(devices);
    int points = 1;
    for (int batch = 1; batch < MOST_FRAMES; batch *= limits.batchFactor()) {
      points++;
    }
    Duration batch = Duration.ofSeconds(5);
    Duration each =
        limits
            .point()
            .multipliedBy(points)
            .plus(limits.point().dividedBy(2).multipliedBy(points))
            .plus(limits.endToEnd())
            .plus(batch.multipliedBy(4));
    Duration together =
        devices == 1 ? Duration.ZERO : limits.endToEnd().plus(batch.multipliedBy(4));
    assertThat(limits.point()).isGreaterThanOrEqualTo(Duration.ofSeconds(4));
    assertThat(limits.endToEnd()).isGreaterThanOrEqualTo(Duration.ofSeconds(8));
    assertThat(each.multipliedBy(devices).plus(together)).isLessThan(Duration.ofSeconds(seconds));
  }
}
