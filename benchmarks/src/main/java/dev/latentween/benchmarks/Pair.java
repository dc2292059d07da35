package dev.latentween.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The same computation in the engine and in LibTorch. */
abstract class Pair implements AutoCloseable {
  private final NoGradGuard noGrad;

  Pair() {
    Target.synchronize(); // LibTorch is loaded before its first class
    noGrad = new NoGradGuard();
  }

  /** Computes, or begins to. */
  abstract void runOurs();

  /** Waits for {@link #runOurs}. */
  void waitForOurs() {}

  /** What {@link #runOurs} computed last. */
  abstract float[] result();

  /** Computes the same; of the shape that {@link #result} has. */
  abstract Tensor libTorch();

  /** Evaluates the engine's side so many times. */
  final void ours(int times) {
    for (int i = 0; i < times; i++) {
      runOurs();
    }
    waitForOurs();
  }

  /** Evaluates LibTorch's. */
  final void libTorch(int times) {
    for (int i = 0; i < times; i++) {
      libTorch().close();
    }
    Target.synchronize();
  }

  /**
   * Compares the two results.
   *
   * @throws IllegalStateException if they differ by more than rounding
   */
  void check() {
    ours(1);
    float[] result = result();
    float[] expected = values(libTorch());
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(result[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double error = Math.sqrt(difference / norm);
    if (!(error <= Target.TOLERANCE)) {
      throw new IllegalStateException(
          "the engine differs from LibTorch by " + error + ", more than " + Target.TOLERANCE);
    }
  }

  static float[] values(Tensor tensor) {
    Tensor dense = Target.fetch(tensor).contiguous();
    float[] values = new float[Math.toIntExact(dense.numel())];
    try (FloatPointer data = new FloatPointer(dense.data_ptr())) {
      data.get(values);
    }
    return values;
  }

  @Override
  public void close() {
    noGrad.close();
  }
}
