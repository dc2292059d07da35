package dev.latentween.bench;

import dev.latentween.model.SyntheticModel;
import java.util.EnumSet;
import java.util.List;

/** Reports as GPUs would give them, for what does not depend on who measured. */
public final class Reports {
  static final Report.Work WORK =
      new Report.Work(
          Subject.SYNTHETIC,
          true,
          512,
          512,
          "euler",
          20,
          7,
          40,
          UNetCost.of(SyntheticModel.CONFIG.unet(), 64, 64, 77).flops() / 1e12,
          "png and mp4");

  private Reports() {}

  static Report.Device gpu(String device, double framesPerSecond, Report.Gate gate) {
    Gpu.Use others = new Gpu.Use(List.of(4711), 3L << 30, 12);
    return gpu(device, framesPerSecond, gate, 600, others, 0.004, true);
  }

  /** A GPU of which there is nothing to note but this. */
  static Report.Device quiet(Double droop, boolean settled) {
    return gpu("cuda:0", 9, right(), 700, null, droop, settled);
  }

  private static Report.Device gpu(
      String device,
      double framesPerSecond,
      Report.Gate gate,
      double powerLimitWatts,
      Gpu.Use others,
      Double droop,
      boolean settled) {
    double joulesPerFrame = device.equals("cuda:1") ? 80 : 60; // a mean is neither
    return new Report.Device(
        device,
        "NVIDIA H100 80GB HBM3",
        "float16",
        132,
        85_000_000_000L,
        new Gpu.Identity(
            "NVIDIA H100 80GB HBM3",
            "580.65",
            85_520_809_984L,
            powerLimitWatts,
            700.0,
            1755,
            1980,
            2619,
            2619,
            4,
            5,
            16,
            16,
            true),
        "nvml",
        others,
        new Report.ColdStart(412.5, 350.25, 4300.125, 900.5),
        64,
        List.of(
            new Report.UNetPoint(1, 9.75, 205.128, true),
            new Report.UNetPoint(4, 24.5, 326.53, true),
            new Report.UNetPoint(16, 84.5, 378.7, false)),
        16,
        new Report.VaeDecode(16, 11.25),
        new Report.EndToEnd(
            16, 320, framesPerSecond, settled, new Report.Shares(0.88, 0.11, 0.01), 0.002),
        new Report.Ceilings(511e12, 2.96e12, 303e12, 1.2e12),
        12_884_901_888L,
        new Report.Power("energy counter", joulesPerFrame * framesPerSecond, joulesPerFrame),
        List.copyOf(EnumSet.of(Gpu.Throttle.POWER_CAP)),
        droop,
        gate);
  }

  static Report.Gate right() {
    return new Report.Gate("stored", 1.3e-3, 5e-3, true, true);
  }

  /** One GPU at a price; null for none. */
  static Report priced(double framesPerSecond, Double dollarsPerHour) {
    return of(
        WORK,
        List.of(gpu("cuda:0", framesPerSecond, right())),
        null,
        framesPerSecond,
        dollarsPerHour);
  }

  /** Two GPUs and all there can be in a report. */
  static Report full() {
    Report two =
        of(
            WORK,
            List.of(gpu("cuda:0", 8.5, right()), gpu("cuda:1", 8.3, right())),
            new Report.Together(List.of("cuda:0", "cuda:1"), 16.5, 16.5 / 16.8),
            16.5,
            4.0);
    return new Report(
        two.schemaVersion(),
        two.engineVersion(),
        two.created(),
        two.profile(),
        two.work(),
        two.machine(),
        two.devices(),
        two.together(),
        two.valid(),
        two.voidReasons(),
        two.framesPerSecond(),
        two.price(),
        new Report.Job("city.json", 67, 256, 256, 20, 0.0125, 0.05),
        List.of("a note"));
  }

  /** A device that computes something wrong. */
  public static Report wrong(double framesPerSecond) {
    Report.Gate gate = new Report.Gate("stored", 0.7, 5e-3, true, true);
    return of(WORK, List.of(gpu("cuda:0", framesPerSecond, gate)), null, framesPerSecond, 1.0);
  }

  /** A device that computes as it should. */
  public static Report valid(double framesPerSecond) {
    return priced(framesPerSecond, null);
  }

  static Report of(
      Report.Work work,
      List<Report.Device> devices,
      Report.Together together,
      double framesPerSecond,
      Double dollarsPerHour) {
    List<String> wrong = devices.stream().flatMap(d -> Verdict.wrong(d).stream()).toList();
    return new Report(
        Report.SCHEMA_VERSION,
        "0.1.0",
        "2026-11-22T18:00:00Z",
        "quick",
        work,
        new Report.Machine("some CPU", 16, 1L << 37, "Linux 6.1", "17.0.15"),
        devices,
        together,
        wrong.isEmpty(),
        wrong,
        framesPerSecond,
        dollarsPerHour == null ? null : Prices.of(framesPerSecond, dollarsPerHour),
        null,
        devices.stream().flatMap(d -> Verdict.notes(d).stream()).toList());
  }
}
