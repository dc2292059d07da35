package dev.latentween.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The same computation in the engine and in LibTorch. */
abstract class Pair implements AutoCloseable {
  /** Of both sides. */
  static final int THREADS = Integer.getInteger("threads", 1);

  private static final double TOLERANCE = 1e-4;

  static {
    try {
      // All of LibTorch's files at once: as JavaCPP extracts them, one by one, libtorch.so would
      // find its libtorch_cpu.so in the system's folders if that has one, of another version.
      Loader.cacheResources("/org/bytedeco/pytorch/" + Loader.getPlatform() + "/");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final NoGradGuard noGrad = new NoGradGuard();

  Pair() {
    torch.set_num_threads(THREADS);
    openblas_nolapack.blas_set_num_threads(THREADS); // LibTorch's matrix products are OpenBLAS'
  }

  abstract void runOurs();

  /** What {@link #runOurs} computed last. */
  abstract float[] result();

  /** Computes the same; of the shape that {@link #result} has. */
  abstract Tensor libTorch();

  void runLibTorch() {
    libTorch().close();
  }

  /**
   * Compares the two results.
   *
   * @throws IllegalStateException if they differ by more than rounding
   */
  void check() {
    runOurs();
    float[] result = result();
    float[] expected = values(libTorch());
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(result[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double error = Math.sqrt(difference / norm);
    if (!(error <= TOLERANCE)) {
      throw new IllegalStateException(
          "the engine differs from LibTorch by " + error + ", more than " + TOLERANCE);
    }
  }

  static float[] values(Tensor tensor) {
    Tensor dense = tensor.contiguous();
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
