package dev.latentween.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Windows of time in which the same work was done, one after the other until three in a row agree
 * or the time is up.
 */
final class Windows {
  private static final int AGREEING = 3;
  private static final double WITHIN = 0.01;

  /**
   * One window.
   *
   * @param work done in it, in whatever is counted
   * @param joules taken; NaN where nobody tells
   */
  record Window(double work, double seconds, double joules) {
    double rate() {
      return work / seconds;
    }
  }

  private final List<Window> all = new ArrayList<>();
  private final int counted;

  private Windows(int counted) {
    this.counted = counted;
  }

  /**
   * Measures at least one window, and none that begins after {@code limit}; the last three count.
   */
  static Windows measure(Duration limit, Supplier<Window> next) {
    Windows windows = new Windows(AGREEING);
    long end = System.nanoTime() + limit.toNanos();
    do {
      windows.all.add(next.get());
    } while (!windows.settled() && System.nanoTime() < end);
    return windows;
  }

  /**
   * Measures windows for all of a time, which all count but the last if it ended after the time:
   * others, measured at once, may have stopped before.
   */
  static Windows measureFor(Duration time, Supplier<Window> next) {
    Windows windows = new Windows(Integer.MAX_VALUE);
    long end = System.nanoTime() + time.toNanos();
    Window window = next.get();
    do {
      windows.all.add(window);
      window = next.get();
    } while (System.nanoTime() < end);
    return windows;
  }

  /** The last windows, which count. */
  private List<Window> last() {
    return last(counted);
  }

  private List<Window> last(int count) {
    return all.subList(Math.max(0, all.size() - count), all.size());
  }

  /** Whether the last three agree within 1 %. */
  boolean settled() {
    List<Window> three = last(AGREEING);
    double slowest = three.stream().mapToDouble(Window::rate).min().orElse(0);
    double fastest = three.stream().mapToDouble(Window::rate).max().orElse(0);
    return all.size() >= AGREEING && fastest - slowest <= WITHIN * fastest;
  }

  double work() {
    return last().stream().mapToDouble(Window::work).sum();
  }

  /** Work a second. */
  double rate() {
    return work() / last().stream().mapToDouble(Window::seconds).sum();
  }

  /** Mean power; NaN where nobody tells. */
  double watts() {
    return joules() / last().stream().mapToDouble(Window::seconds).sum();
  }

  double joules() {
    return last().stream().mapToDouble(Window::joules).sum();
  }

  /** How much slower the last window was than the first, as a share; null for a single one. */
  Double droop() {
    return all.size() == 1 ? null : 1 - all.get(all.size() - 1).rate() / all.get(0).rate();
  }
}
