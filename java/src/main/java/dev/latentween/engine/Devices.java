package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_device_info;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;

/**
 * The GPUs of this machine, or why there are none.
 *
 * @param gpus in CUDA's order; those that cannot be used say why
 * @param whyNone the reason and what to do; empty when there are GPUs
 */
public record Devices(List<DeviceInfo> gpus, String whyNone) {
  public Devices {
    gpus = List.copyOf(gpus);
  }

  /** Asks the driver. Also works without one, and in a build without CUDA. */
  public static Devices find() {
    Native.load();
    int[] count = new int[1];
    try {
      Native.check(LatentweenC.ltw_cuda_device_count(count));
    } catch (EngineException e) {
      if (e.code() != EngineException.Code.DEVICE) {
        throw e;
      }
      return new Devices(List.of(), e.getMessage());
    }
    List<DeviceInfo> gpus = new ArrayList<>();
    for (int i = 0; i < count[0]; i++) {
      gpus.add(info(i));
    }
    return new Devices(gpus, "");
  }

  private static DeviceInfo info(int ordinal) {
    try (ltw_device_info info = new ltw_device_info()) {
      Native.check(LatentweenC.ltw_cuda_device_info(ordinal, info));
      return new DeviceInfo(
          ordinal,
          text(info.name()),
          text(info.pci_bus_id()),
          info.capability(),
          info.multiprocessors(),
          info.total_bytes(),
          info.free_bytes(),
          text(info.reason()));
    }
  }

  private static String text(BytePointer field) {
    return field.getString(StandardCharsets.UTF_8);
  }
}
