package dev.latentween.bench;

import java.time.Duration;

/** How much time is taken. */
public enum Profile {
  /** Ends within a minute on a large GPU. */
  QUICK(new Limits(4, Duration.ofSeconds(4), Duration.ofSeconds(8))),
  /** Within five. */
  FULL(new Limits(2, Duration.ofSeconds(15), Duration.ofSeconds(40)));

  /**
   * What a profile comes to. The curve has four or seven points up to 64 frames; each takes half as
   * long again at most.
   *
   * @param batchFactor each batch of the curve is so many times the one before
   * @param point the most that a point of the curve takes before its last window
   * @param endToEnd the same of whole frames, and what several devices take together
   */
  record Limits(int batchFactor, Duration point, Duration endToEnd) {}

  private final Limits limits;

  Profile(Limits limits) {
    this.limits = limits;
  }

  /** For each of several devices: they share the time, but none has less than quick's. */
  Limits limits(int devices) {
    return new Limits(
        limits.batchFactor,
        longer(limits.point.dividedBy(devices), QUICK.limits.point),
        longer(limits.endToEnd.dividedBy(devices), QUICK.limits.endToEnd));
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }
}
