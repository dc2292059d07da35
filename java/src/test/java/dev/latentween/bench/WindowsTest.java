package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

class WindowsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void endWhenThreeAgreeWithinAPercent() {
    Windows windows = measure(LONG, 50, 90, 100, 100.5, 99.6, 1);
    assertThat(windows.settled()).isTrue();
    assertThat(windows.rate()).isCloseTo(100.0, within(0.1));
    assertThat(windows.droop()).isCloseTo(1 - 99.6 / 50, within(1e-9));
  }

  @Test
  void endWhenTimeIsUp() {
    Windows windows = measure(Duration.ZERO, 50, 90);
    assertThat(windows.settled()).isFalse();
    assertThat(windows.rate()).isCloseTo(50, within(1e-9));
  }

  @Test
  void wattsAreJoulesAFrameTimesFramesASecond() {
    Windows windows = measure(LONG, 100, 100.5, 99.6);
    assertThat(windows.watts())
        .isCloseTo(windows.rate() * windows.joules() / windows.work(), within(1e-9));
    assertThat(windows.watts()).isCloseTo(700, within(1.0));
  }

  /** Windows of a second at these rates and 700 W. */
  private static Windows measure(Duration limit, double... rates) {
    Iterator<Double> next = Arrays.stream(rates).boxed().toList().iterator();
    return Windows.measure(limit, () -> new Windows.Window(next.next(), 1, 700));
  }
}
