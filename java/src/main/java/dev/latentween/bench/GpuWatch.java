package dev.latentween.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Looks at a GPU every few hundredths of a second while it works: for the reasons it is throttled
 * for, which come and go, and for its power where it has no counter of energy.
 */
final class GpuWatch implements AutoCloseable {
  private static final long MILLIS = 50;

  private final Gpu gpu;
  private final boolean counts;
  private final Set<Gpu.Throttle> throttle = EnumSet.noneOf(Gpu.Throttle.class);
  private final Thread thread;
  private volatile boolean over;
  private Gpu.Identity atWork;
  private double joules;
  private long lastNanos = System.nanoTime();

  GpuWatch(Gpu gpu) {
    this.gpu = gpu;
    counts = gpu.read().energyJoules() != null;
    thread = new Thread(this::watch, "gpu-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    try {
      while (!over) {
        look();
        Thread.sleep(MILLIS);
      }
    } catch (InterruptedException e) {
      // It is over.
    }
  }

  private synchronized void look() {
    Gpu.Reading reading = gpu.read();
    throttle.addAll(reading.throttle());
    long now = System.nanoTime();
    if (counts) {
      joules = reading.energyJoules();
    } else if (reading.powerWatts() == null) {
      joules = Double.NaN;
    } else {
      joules += reading.powerWatts() * (now - lastNanos) / 1e9;
    }
    lastNanos = now;
  }

  /** From here on it is at the work that is measured. */
  synchronized void begin() {
    atWork = gpu.identity();
    throttle.clear();
  }

  /** What it had when its work began. */
  synchronized Gpu.Identity atWork() {
    return atWork;
  }

  /** Energy taken since some moment in the past; NaN where the GPU does not tell. */
  synchronized double joules() {
    look();
    return joules;
  }

  /** How {@link #joules} is known. */
  String source() {
    return counts ? "energy counter" : "sampled";
  }

  /** Every reason seen since {@link #begin}. */
  synchronized List<Gpu.Throttle> throttle() {
    return List.copyOf(throttle);
  }

  @Override
  public void close() {
    over = true;
    thread.interrupt();
  }
}
