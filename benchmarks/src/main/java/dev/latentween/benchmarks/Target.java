package dev.latentween.benchmarks;

import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Where both sides compute: the CPU in float32, or the first GPU in float16. LibTorch is used
 * through it, so that it is loaded as it must be.
 */
final class Target {
  /** One of the two, decided by Main. */
  static final boolean CUDA = "cuda".equals(System.getProperty("device"));

  /** Of both sides, on the CPU. */
  static final int THREADS = Integer.getInteger("threads", 1);

  /** Of latents: 256x256 pixels, or the 512x512 that GPUs are for. */
  static final int LATENT = CUDA ? 64 : 32;

  /** How far the sides may differ: rounding, of docs/numerics.md. */
  static final double TOLERANCE = CUDA ? 5e-3 : 1e-4;

  private static final String LIBRARIES = "/org/bytedeco/pytorch/" + Loader.getPlatform();

  static {
    try {
      // All of LibTorch's files at once: as JavaCPP extracts them, one by one, libtorch.so would
      // find its libtorch_cpu.so in the system's folders if that has one, of another version.
      Loader.cacheResources(LIBRARIES + "/");
      Loader.cacheResources(LIBRARIES + "-gpu/");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (CUDA) {
      torch.globalContext().setBenchmarkCuDNN(true);
    } else {
      torch.set_num_threads(THREADS);
      openblas_nolapack.blas_set_num_threads(THREADS); // LibTorch's matrix products are OpenBLAS'
    }
  }

  private Target() {}

  /** Of the engine. */
  static String device() {
    return CUDA ? "cuda:0" : "cpu";
  }

  /** The GPU that both sides can use; null, once said why, if there is none. */
  static String gpu() {
    if (!torch.cuda_is_available()) {
      System.out.println(
          torch.hasCUDA()
              ? "LibTorch finds no GPU"
              : "this LibTorch knows no GPUs, -Pbench,gpu's does");
      return null;
    }
    DeviceInfo first = Devices.find().gpus().stream().findFirst().orElse(null);
    if (first == null || !first.usable()) {
      System.out.println(first == null ? Devices.find().whyNone() : first.problem());
      return null;
    }
    return first.name();
  }

  /** A tensor as LibTorch's networks have theirs. */
  static Tensor put(Tensor tensor) {
    return CUDA ? tensor.to(new Device("cuda:0"), ScalarType.Half) : tensor;
  }

  /** A tensor that keeps its type. */
  static Tensor move(Tensor tensor) {
    return CUDA ? tensor.to(new Device("cuda:0"), tensor.scalar_type()) : tensor;
  }

  /** Of numbers that {@link #move} kept in float32. */
  static Tensor round(Tensor tensor) {
    return CUDA ? tensor.to(ScalarType.Half) : tensor;
  }

  /** A result in the host's memory, in float32. */
  static Tensor fetch(Tensor tensor) {
    return CUDA ? tensor.to(new Device("cpu"), ScalarType.Float) : tensor;
  }

  /** Waits for what LibTorch has queued. */
  static void synchronize() {
    if (CUDA) {
      torch.cuda_synchronize();
    }
  }
}
