package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.schedule.Frame;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final StringWriter said = new StringWriter();
  private long seconds;

  private void afterSeconds(Progress progress, int passed, int frames, Frame last) {
    seconds += passed;
    progress.rendered(last, frames);
  }

  @Test
  void aLineNowAndThenTellsSpeedAndTimeLeftOfWhatIsMissing() {
    try (Progress progress =
        new Progress(new PrintWriter(said), false, () -> TimeUnit.SECONDS.toNanos(seconds))) {
      progress.start(100, 20);
      afterSeconds(progress, 4, 5, new Frame(24, 0, 1, 0.5));
      afterSeconds(progress, 2, 5, new Frame(29, 0, 1, 0.75));
      afterSeconds(progress, 594, 10, new Frame(39, 1, 1, 0));
      afterSeconds(progress, 1, 60, new Frame(99, 2, 2, 0));
      assertThat(progress.framesPerSecond()).isEqualTo(80 / 601.0);
    }
    assertThat(said.toString().lines())
        .containsExactly(
            "keeping 20 of 100 frames",
            "frame 30/100, 1.67 frames/s, 0:42 left, prompt 1 to 2",
            "frame 40/100, 0.03 frames/s, 30:00 left, prompt 2",
            "frame 100/100, 0.13 frames/s, 0:00 left, prompt 3");
  }
}
