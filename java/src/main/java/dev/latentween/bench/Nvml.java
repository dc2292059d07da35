package dev.latentween.bench;

import static org.bytedeco.cuda.global.nvml.*;

import dev.latentween.bench.Sensors.Found;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntBiFunction;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_v2_t;
import org.bytedeco.cuda.nvml.nvmlProcessInfo_v2_t;
import org.bytedeco.cuda.nvml.nvmlUtilization_t;
import org.bytedeco.javacpp.BytePointer;

/**
 * A GPU through NVML, the library that comes with NVIDIA's driver. Each question is one the oldest
 * driver that the engine runs on understands.
 */
final class Nvml implements Gpu {
  private static final int PROCESSES = 64;
  private static final int TEXT = 96;
  private static final String CPU = "none for the CPU";

  private final nvmlDevice_st device;

  private Nvml(nvmlDevice_st device) {
    this.device = device;
  }

  /**
   * Looks for NVML and at who uses its GPUs. Must come before anything of CUDA's: a process that
   * has only asked CUDA for free memory holds half a GB of each GPU. That NVML is missing is
   * nothing unusual.
   */
  static Sensors look() {
    try {
      NvmlLibrary.load();
      int status = nvmlInit_v2();
      if (status != NVML_SUCCESS) {
        return unless(Found.missing("NVML: " + message(status)));
      }
      int[] count = new int[1];
      nvmlDeviceGetCount_v2(count);
      List<Use> before = new ArrayList<>();
      for (int i = 0; i < count[0]; i++) {
        nvmlDevice_st device = new nvmlDevice_st();
        status = nvmlDeviceGetHandleByIndex_v2(i, device);
        before.add(status == NVML_SUCCESS ? new Nvml(device).use() : null);
      }
      return pciBusId -> pciBusId == null ? Found.missing(CPU) : find(pciBusId, before);
    } catch (LinkageError e) {
      return unless(
          Found.missing("NVML is not there: the driver's libnvidia-ml.so.1 cannot be loaded"));
    }
  }

  private static Sensors unless(Found missing) {
    return pciBusId -> pciBusId == null ? Found.missing(CPU) : missing;
  }

  private static Found find(String pciBusId, List<Use> before) {
    nvmlDevice_st device = new nvmlDevice_st();
    int status;
    try (BytePointer id = new BytePointer(pciBusId, StandardCharsets.US_ASCII)) {
      status = nvmlDeviceGetHandleByPciBusId_v2(id, device);
    }
    if (status != NVML_SUCCESS) {
      return Found.missing("NVML has no GPU " + pciBusId + ": " + message(status));
    }
    int[] index = new int[1];
    boolean seen = nvmlDeviceGetIndex(device, index) == NVML_SUCCESS && index[0] < before.size();
    return new Found(new Nvml(device), seen ? before.get(index[0]) : null, null);
  }

  private static String message(int status) {
    return nvmlErrorString(status).getString();
  }

  @Override
  public Identity identity() {
    Integer ecc = number(out -> nvmlDeviceGetEccMode(device, out, new int[1]));
    return new Identity(
        text((bytes, size) -> nvmlDeviceGetName(device, bytes, size)),
        text((bytes, size) -> nvmlSystemGetDriverVersion(bytes, size)),
        memory(true),
        milli(out -> nvmlDeviceGetPowerManagementLimit(device, out)),
        milli(out -> nvmlDeviceGetPowerManagementDefaultLimit(device, out)),
        number(out -> nvmlDeviceGetClockInfo(device, NVML_CLOCK_SM, out)),
        number(out -> nvmlDeviceGetMaxClockInfo(device, NVML_CLOCK_SM, out)),
        number(out -> nvmlDeviceGetClockInfo(device, NVML_CLOCK_MEM, out)),
        number(out -> nvmlDeviceGetMaxClockInfo(device, NVML_CLOCK_MEM, out)),
        number(out -> nvmlDeviceGetCurrPcieLinkGeneration(device, out)),
        number(out -> nvmlDeviceGetMaxPcieLinkGeneration(device, out)),
        number(out -> nvmlDeviceGetCurrPcieLinkWidth(device, out)),
        number(out -> nvmlDeviceGetMaxPcieLinkWidth(device, out)),
        ecc == null ? null : ecc == NVML_FEATURE_ENABLED);
  }

  @Override
  public Reading read() {
    long[] energy = new long[1];
    long[] reasons = new long[1];
    boolean counts = nvmlDeviceGetTotalEnergyConsumption(device, energy) == NVML_SUCCESS;
    nvmlDeviceGetCurrentClocksEventReasons(device, reasons);
    return new Reading(
        milli(out -> nvmlDeviceGetPowerUsage(device, out)),
        counts ? energy[0] / 1000.0 : null,
        throttle(reasons[0]));
  }

  /** Idling is a reason, too, but nothing that is held back. */
  private static Set<Throttle> throttle(long reasons) {
    Set<Throttle> found = EnumSet.noneOf(Throttle.class);
    add(found, reasons, nvmlClocksEventReasonSwPowerCap, Throttle.POWER_CAP);
    add(found, reasons, nvmlClocksEventReasonSwThermalSlowdown, Throttle.THERMAL_SOFTWARE);
    add(found, reasons, nvmlClocksThrottleReasonHwThermalSlowdown, Throttle.THERMAL_HARDWARE);
    add(found, reasons, nvmlClocksThrottleReasonHwPowerBrakeSlowdown, Throttle.POWER_BRAKE);
    add(found, reasons, nvmlClocksThrottleReasonHwSlowdown, Throttle.HARDWARE_SLOWDOWN);
    add(found, reasons, nvmlClocksEventReasonSyncBoost, Throttle.SYNC_BOOST);
    add(
        found,
        reasons,
        nvmlClocksEventReasonApplicationsClocksSetting,
        Throttle.APPLICATION_CLOCKS);
    return found;
  }

  private static void add(Set<Throttle> found, long reasons, long bit, Throttle reason) {
    if ((reasons & bit) != 0) {
      found.add(reason);
    }
  }

  private Use use() {
    List<Integer> processes = new ArrayList<>();
    int[] count = {PROCESSES};
    try (nvmlProcessInfo_v2_t infos = new nvmlProcessInfo_v2_t(PROCESSES)) {
      if (nvmlDeviceGetComputeRunningProcesses_v3(device, count, infos) == NVML_SUCCESS) {
        for (int i = 0; i < count[0]; i++) {
          processes.add(infos.getPointer(i).pid());
        }
      }
    }
    try (nvmlUtilization_t busy = new nvmlUtilization_t()) {
      boolean told = nvmlDeviceGetUtilizationRates(device, busy) == NVML_SUCCESS;
      return new Use(processes, memory(false), told ? busy.gpu() : null);
    }
  }

  private Long memory(boolean total) {
    try (nvmlMemory_v2_t memory = new nvmlMemory_v2_t()) {
      memory.version(nvmlMemory_v2);
      if (nvmlDeviceGetMemoryInfo_v2(device, memory) != NVML_SUCCESS) {
        return null;
      }
      return total ? memory.total() : memory.used();
    }
  }

  private static Integer number(ToIntFunction<int[]> question) {
    int[] out = new int[1];
    return question.applyAsInt(out) == NVML_SUCCESS ? out[0] : null;
  }

  private static Double milli(ToIntFunction<int[]> question) {
    Integer value = number(question);
    return value == null ? null : value / 1000.0;
  }

  private static String text(ToIntBiFunction<byte[], Integer> question) {
    byte[] bytes = new byte[TEXT];
    if (question.applyAsInt(bytes, TEXT) != NVML_SUCCESS) {
      return null;
    }
    int end = 0;
    while (end < TEXT && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }
}
