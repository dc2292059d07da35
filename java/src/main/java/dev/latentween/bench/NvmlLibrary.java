package dev.latentween.bench;

import java.io.File;
import java.io.IOException;
import java.util.List;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_v2_t;
import org.bytedeco.cuda.nvml.nvmlProcessInfo_v2_t;
import org.bytedeco.cuda.nvml.nvmlUtilization_t;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * Loads the binding of NVML and nothing else. Left to itself JavaCPP loads the CUDA runtime's
 * before it, whose libcudart a machine with a driver alone does not have.
 */
final class NvmlLibrary {
  private static final String LOADS = "org.bytedeco.javacpp.loadLibraries";

  private NvmlLibrary() {}

  /**
   * To be called before other threads load anything through JavaCPP.
   *
   * @throws LinkageError if the driver's library is not there
   */
  static void load() {
    System.getProperties().putIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Loader.load(Pointer.class);
    loadBinding();
    String before = System.getProperty(LOADS);
    System.setProperty(LOADS, "false");
    try {
      for (Class<?> used :
          List.of(
              nvml.class,
              nvmlDevice_st.class,
              nvmlMemory_v2_t.class,
              nvmlProcessInfo_v2_t.class,
              nvmlUtilization_t.class)) {
        Class.forName(used.getName()); // initialises it, which is when it would load
      }
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    } finally {
      if (before == null) {
        System.clearProperty(LOADS);
      } else {
        System.setProperty(LOADS, before);
      }
    }
  }

  /** From where it is unpacked, or else out of its jar. */
  private static void loadBinding() {
    try {
      System.loadLibrary("jninvml");
    } catch (UnsatisfiedLinkError notUnpacked) {
      String name = "/org/bytedeco/cuda/" + Loader.getPlatform() + "/libjninvml.so";
      try {
        File file = Loader.cacheResource(NvmlLibrary.class, name);
        if (file == null) {
          throw notUnpacked;
        }
        System.load(file.getPath());
      } catch (IOException e) {
        throw new LinkageError("the binding of NVML cannot be unpacked: " + e, e);
      }
    }
  }
}
