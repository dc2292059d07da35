package dev.latentween.bench;

import java.util.List;
import java.util.Set;

/**
 * What a GPU's driver tells about it. Boxed values are null where this GPU or driver does not tell
 * them.
 */
public interface Gpu {
  /**
   * What does not change while it works, and what it had when asked.
   *
   * @param driver version of the driver
   * @param memoryBytes all of it
   * @param powerLimitWatts in force
   * @param powerLimitDefaultWatts as delivered; a host may have lowered the limit
   * @param ecc whether memory is error-corrected, which costs bandwidth on some GPUs
   */
  record Identity(
      String name,
      String driver,
      Long memoryBytes,
      Double powerLimitWatts,
      Double powerLimitDefaultWatts,
      Integer smClockMhz,
      Integer smClockMaxMhz,
      Integer memoryClockMhz,
      Integer memoryClockMaxMhz,
      Integer pcieGeneration,
      Integer pcieGenerationMax,
      Integer pcieWidth,
      Integer pcieWidthMax,
      Boolean ecc) {}

  /**
   * One look at it.
   *
   * @param energyJoules of a counter that started long ago
   */
  record Reading(Double powerWatts, Double energyJoules, Set<Throttle> throttle) {
    public Reading {
      throttle = Set.copyOf(throttle);
    }
  }

  /**
   * Who uses it.
   *
   * @param processes process ids; a container may not see those outside it
   * @param usedBytes memory taken, what the driver keeps for itself apart
   * @param busyPercent of the last moments
   */
  record Use(List<Integer> processes, Long usedBytes, Integer busyPercent) {
    private static final long LITTLE_MEMORY = 256L << 20;
    private static final int LITTLE_WORK = 5;

    public Use {
      processes = List.copyOf(processes);
    }

    /** Whether somebody works on it or holds its memory, judged before this process does. */
    public boolean byOthers() {
      return !processes.isEmpty()
          || usedBytes != null && usedBytes > LITTLE_MEMORY
          || busyPercent != null && busyPercent > LITTLE_WORK;
    }
  }

  /** Why a GPU runs below its clock. */
  enum Throttle {
    POWER_CAP,
    THERMAL_SOFTWARE,
    THERMAL_HARDWARE,
    POWER_BRAKE,
    HARDWARE_SLOWDOWN,
    SYNC_BOOST,
    APPLICATION_CLOCKS
  }

  Identity identity();

  Reading read();
}
