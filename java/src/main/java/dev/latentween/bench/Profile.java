package dev.latentween.bench;

import java.time.Duration;

/** How much time is taken. */
public enum Profile {
  /** Ends within a minute on a large GPU. */
  QUICK(4, Duration.ofSeconds(3), Duration.ofSeconds(8)),
  /** Within five. */
  FULL(2, Duration.ofSeconds(15), Duration.ofSeconds(60));

  /** Each batch of the curve is so many times the one before. */
  final int batchFactor;

  /** The most that a point of the curve takes before its last window. */
  final Duration pointLimit;

  final Duration endToEndLimit;

  Profile(int batchFactor, Duration pointLimit, Duration endToEndLimit) {
    this.batchFactor = batchFactor;
    this.pointLimit = pointLimit;
    this.endToEndLimit = endToEndLimit;
  }
}
