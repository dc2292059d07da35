package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
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

  /** The first three are 1.2 % apart, from the third on it is 0.8 %. */
  @Test
  void endNoSoonerThanThat() {
    Windows windows = measure(LONG, 100, 101, 101.2, 101.8, 1);
    assertThat(windows.settled()).isTrue();
    assertThat(windows.rate()).isCloseTo(304.0 / 3, within(1e-9));
  }

  @Test
  void endWhenTimeIsUp() {
    Windows windows = measure(Duration.ZERO, 50, 90);
    assertThat(windows.settled()).isFalse();
    assertThat(windows.rate()).isCloseTo(50, within(1e-9));
    assertThat(windows.droop()).as("of one window").isNull();
  }

  @Test
  void wattsAreJoulesAFrameTimesFramesASecond() {
    Windows windows = measure(LONG, 100, 100.5, 99.6);
    assertThat(windows.watts())
        .isCloseTo(windows.rate() * windows.joules() / windows.work(), within(1e-9));
    assertThat(windows.watts()).isCloseTo(700, within(1.0));
  }

  /** The second ends after the time, when others may have stopped. */
  @Test
  void forATimeCountsAllButWhatEndsLater() {
    Iterator<Integer> millis = List.of(10, 60, 1).iterator();
    Windows windows =
        Windows.measureFor(
            Duration.ofMillis(50),
            () -> {
              int time = millis.next();
              sleep(time);
              return new Windows.Window(time == 10 ? 1 : 100, 1, 0);
            });
    assertThat(windows.rate()).isCloseTo(1, within(1e-9));
  }

  @Test
  void forATimeCountsMoreThanThree() {
    Windows windows =
        Windows.measureFor(
            Duration.ofMillis(100),
            () -> {
              sleep(5);
              return new Windows.Window(1, 1, 0);
            });
    assertThat(windows.work()).isGreaterThan(3);
  }

  private static void sleep(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Windows of a second at these rates and 700 W. */
  private static Windows measure(Duration limit, double... rates) {
    Iterator<Double> next = Arrays.stream(rates).boxed().toList().iterator();
    return Windows.measure(limit, () -> new Windows.Window(next.next(), 1, 700));
  }
}
