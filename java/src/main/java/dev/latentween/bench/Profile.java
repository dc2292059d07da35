package dev.latentween.bench;

import java.time.Duration;

/** How much time is taken. */
public enum Profile {
  /** Ends within a minute on a large GPU. */
  QUICK(new Limits(4, Duration.ofSeconds(3), Duration.ofSeconds(8))),
  /** Within five. */
  FULL(new Limits(2, Duration.ofSeconds(15), Duration.ofSeconds(60)));

  /**
   * What a profile comes to.
   *
   * @param batchFactor each batch of the curve is so many times the one before
   * @param point the most that a point of the curve takes before its last window
   * @param endToEnd the same of whole frames
   */
  record Limits(int batchFactor, Duration point, Duration endToEnd) {}

  final Limits limits;

  Profile(Limits limits) {
    this.limits = limits;
  }
}
