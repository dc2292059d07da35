package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_engine;
import dev.latentween.engine.internal.ltw_stats;
import org.bytedeco.javacpp.BytePointer;

/** A device to compute on. Used by one thread at a time. */
public final class Engine implements AutoCloseable {
  private final Handle<ltw_engine> handle;

  private Engine(ltw_engine pointer) {
    handle = new Handle<>(this, pointer, LatentweenC::ltw_engine_destroy, "engine");
  }

  /**
   * Opens a device.
   *
   * @param device "cpu", "cuda" or "cuda:N"
   * @param threads of the CPU backend; 0 for one a core, unless OMP_NUM_THREADS is set
   * @throws EngineException if there is no such device or it does not work
   */
  public static Engine open(String device, int threads) {
    Native.load();
    ltw_engine pointer = new ltw_engine();
    try (BytePointer name = Native.utf8(device)) {
      Native.check(LatentweenC.ltw_engine_create(name, threads, pointer));
    }
    return new Engine(pointer);
  }

  ltw_engine pointer() {
    return handle.get();
  }

  /** The most bytes of device memory that weights, activations and tables have taken at once. */
  public long peakBytes() {
    try (ltw_stats stats = new ltw_stats()) {
      Native.check(LatentweenC.ltw_engine_stats(handle.get(), stats));
      return stats.peak_bytes();
    }
  }

  /**
   * What the device reaches in the plainest work, which is what networks on it are measured by.
   *
   * @param flopsPerSecond of a large linear layer of the engine's own; a multiplication with
   *     addition counts as 2
   * @param bytesPerSecond of a copy, read and written
   */
  public record Ceilings(double flopsPerSecond, double bytesPerSecond) {}

  /** Takes a second or so and 0.6 GB of device memory. */
  public Ceilings measureCeilings() {
    double[] flops = new double[1];
    double[] bytes = new double[1];
    Native.check(LatentweenC.ltw_measure_ceilings(handle.get(), flops, bytes));
    return new Ceilings(flops[0], bytes[0]);
  }

  /**
   * Ends the process at once, whatever its threads are at. Even {@link Runtime#halt} is C's exit():
   * it runs libraries' destructors, under which computations that go on crash.
   */
  public static void endProcess(int exitCode) {
    Native.load();
    LatentweenC.ltw_end_process(exitCode);
  }

  @Override
  public void close() {
    handle.close();
  }
}
