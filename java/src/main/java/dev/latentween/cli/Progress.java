package dev.latentween.cli;

import dev.latentween.schedule.Frame;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Frames done, frames a second, time left and the current pair of key prompts: a bar on a terminal,
 * a line now and then where output is piped.
 */
final class Progress implements AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private ProgressBar bar;
  private int total;
  private int kept;
  private int rendered;
  private long startNanos;
  private long lastLineNanos;

  Progress(PrintWriter out, boolean terminal) {
    this(out, terminal, System::nanoTime);
  }

  Progress(PrintWriter out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  /** Call when the first frame is about to be rendered; {@code kept} frames are there already. */
  void start(int total, int kept) {
    this.total = total;
    this.kept = kept;
    startNanos = nanoTime.getAsLong();
    lastLineNanos = startNanos;
    if (kept > 0) {
      out.println("keeping " + kept + " of " + total + " frames");
      out.flush();
    }
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("frames")
              .setInitialMax(total)
              .startsFrom(kept, Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed()
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
  }

  void rendered(Frame frame, int count) {
    rendered += count;
    String pair = pair(frame);
    if (bar != null) {
      bar.stepBy(count);
      bar.setExtraMessage(pair);
      return;
    }
    long now = nanoTime.getAsLong();
    boolean last = kept + rendered >= total;
    if (last || now - lastLineNanos >= BETWEEN_LINES.toNanos()) {
      lastLineNanos = now;
      double perSecond = framesPerSecond();
      long left = Math.round((total - kept - rendered) / perSecond);
      out.println(
          String.format(
              Locale.ROOT,
              "frame %d/%d, %.2f frames/s, %d:%02d left, %s",
              kept + rendered,
              total,
              perSecond,
              left / 60,
              left % 60,
              pair));
      out.flush();
    }
  }

  /** Of those rendered so far. */
  double framesPerSecond() {
    return rendered / Math.max(1e-9, (nanoTime.getAsLong() - startNanos) / 1e9);
  }

  private static String pair(Frame frame) {
    return frame.fromKey() == frame.toKey()
        ? "prompt " + (frame.fromKey() + 1)
        : "prompt " + (frame.fromKey() + 1) + " to " + (frame.toKey() + 1);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
