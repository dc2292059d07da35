package dev.latentween.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a device's figures say beside themselves. */
final class Verdict {
  private static final double DROOP = 0.03;

  private Verdict() {}

  /** Why its score is void; empty if it is not. */
  static List<String> wrong(Report.Device device) {
    Report.Gate gate = device.gate();
    List<String> reasons = new ArrayList<>();
    if (!gate.finite()) {
      reasons.add(device.device() + ": NaN or infinity in what it computes");
    } else if (gate.relativeError() != null && !(gate.relativeError() <= gate.tolerance())) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "%s: differs from the reference by %.2g, more than %.0e",
              device.device(),
              gate.relativeError(),
              gate.tolerance()));
    }
    if (!gate.sameBits()) {
      reasons.add(device.device() + ": a frame depends on the batch it is rendered in");
    }
    return reasons;
  }

  /** What people should know before they trust or compare the figures. */
  static List<String> notes(Report.Device device) {
    List<String> notes = new ArrayList<>();
    Gpu.Use use = device.usedByOthers();
    if (use != null) {
      notes.add(
          device.device()
              + " was in use before the benchmark, so its figures may be too low: "
              + of(use));
    }
    Gpu.Identity gpu = device.gpu();
    if (gpu != null
        && gpu.powerLimitWatts() != null
        && gpu.powerLimitDefaultWatts() != null
        && gpu.powerLimitWatts() < gpu.powerLimitDefaultWatts()) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%s has a power limit of %.0f W, below its default of %.0f W",
              device.device(),
              gpu.powerLimitWatts(),
              gpu.powerLimitDefaultWatts()));
    }
    if (device.droop() != null && device.droop() > DROOP) {
      notes.add(
          String.format(
              Locale.ROOT, "%s got %.0f %% slower", device.device(), 100 * device.droop()));
    }
    if (!device.endToEnd().settled()) {
      notes.add(device.device() + ": frames/s had not settled within 1 % when time was up");
    }
    return notes;
  }

  private static String of(Gpu.Use use) {
    List<String> what = new ArrayList<>();
    if (!use.processes().isEmpty()) {
      what.add("process " + join(use.processes()));
    }
    if (use.usedBytes() != null) {
      what.add((use.usedBytes() >> 20) + " MiB taken");
    }
    if (use.busyPercent() != null) {
      what.add(use.busyPercent() + " % busy");
    }
    return String.join(", ", what);
  }

  private static String join(List<Integer> processes) {
    return processes.stream().map(String::valueOf).collect(Collectors.joining(" and "));
  }
}
