package dev.latentween.bench;

import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import dev.latentween.engine.Engine;
import dev.latentween.engine.RenderJob;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Measures one device.
 *
 * @param sensors finds a GPU's by its place on the PCI bus; of the CPU for null
 * @param sinks for rendered frames
 * @param folder for files
 * @param progress takes lines for people
 */
record DeviceBench(
    Subject subject,
    Profile.Limits limits,
    Function<String, Nvml.Found> sensors,
    FrameSink.Factory sinks,
    Path folder,
    Consumer<String> progress) {
  /** More frames at once gain nothing anywhere, and their files would come in bursts. */
  private static final int MOST_FRAMES = 64;

  private static final double ABOUT = 0.98;

  /**
   * @param processMillis from the process's start until now; null where it does not matter
   */
  Report.Device measure(String device, Double processMillis) {
    DeviceInfo info = info(device);
    Nvml.Found found = sensors.apply(info == null ? null : info.pciBusId());
    Gpu gpu = found.gpu();
    Gpu.Use use = gpu == null ? null : gpu.use(); // before this process takes its part
    progress.accept(device + ": device and weights");
    try (LoadedModel loaded = new LoadedModel(device, subject, progress)) {
      return measure(loaded, info, found, use, processMillis);
    }
  }

  private static DeviceInfo info(String device) {
    if (!device.startsWith("cuda")) {
      return null;
    }
    return Devices.find().gpus().stream()
        .filter(gpu -> gpu.device().equals(device) || device.equals("cuda") && gpu.ordinal() == 0)
        .findFirst()
        .orElse(null); // opening it says why
  }

  private Report.Device measure(
      LoadedModel loaded, DeviceInfo info, Nvml.Found found, Gpu.Use use, Double processMillis) {
    long begin = System.nanoTime();
    double stepMillis = firstFrame(loaded);
    Report.ColdStart coldStart =
        new Report.ColdStart(
            processMillis,
            loaded.deviceMillis,
            loaded.weightsMillis,
            LoadedModel.millisSince(begin));
    progress.accept(loaded.device + ": ceilings");
    Engine.Ceilings ceilings = ceilings(loaded.device);
    int largest = Math.max(1, loaded.largestBatch(MOST_FRAMES));
    progress.accept(loaded.device + ": UNet at batches up to " + largest);
    UNetCurve curve =
        UNetCurve.measure(loaded, largest, limits.batchFactor(), stepMillis, limits.point());
    Report.UNetPoint best = best(curve.points());
    progress.accept(loaded.device + ": whole frames at batch " + best.batch());
    Gpu gpu = found.gpu();
    try (GpuWatch watch = gpu == null ? null : new GpuWatch(gpu);
        FrameSink sink = sinks.open(subject.settings(), subject.name(), folder, best.batch())) {
      EndToEnd.Result frames =
          EndToEnd.measure(
              loaded,
              sink,
              best.batch(),
              limits.endToEnd(),
              () -> watch == null ? Double.NaN : watch.joules());
      Gpu.Identity identity = gpu == null ? null : gpu.identity(); // while clocks are those of work
      progress.accept(loaded.device + ": correctness");
      Report.Gate gate = PictureGate.check(loaded, best.batch());
      return new Report.Device(
          loaded.device,
          info == null ? Machines.cpuName() : info.name(),
          loaded.precision(),
          info == null ? null : info.multiprocessors(),
          info == null ? null : info.totalBytes(),
          identity,
          gpu == null ? found.missing() : "nvml",
          use != null && use.byOthers() ? use : null,
          coldStart,
          largest,
          curve.points(),
          best.batch(),
          curve.decodeAt(best.batch()),
          frames.report(),
          ceilings(ceilings, best, loaded.onCpu() ? Float.BYTES : Short.BYTES),
          loaded.engine.peakBytes(),
          power(watch, frames),
          watch == null ? List.of() : watch.throttle(),
          frames.windows().droop(),
          gate);
    }
  }

  /** A whole frame with everything that is made for the first; what a step of it took. */
  private double firstFrame(LoadedModel loaded) {
    try (RenderJob job = loaded.job(subject.settings(), 1)) {
      job.render(loaded.frames().subList(0, 1), loaded.buffer(job, 1));
      return 1000 * job.stats().sampling() / subject.settings().stepsPerFrame();
    }
  }

  /** On an engine of its own, so that its memory does not count as the model's. */
  private static Engine.Ceilings ceilings(String device) {
    try (Engine engine = Engine.open(device, 0)) {
      return engine.measureCeilings();
    }
  }

  /** The smallest batch that is about as fast as any: a larger one only takes more memory. */
  private static Report.UNetPoint best(List<Report.UNetPoint> points) {
    double highest =
        points.stream().mapToDouble(Report.UNetPoint::imageStepsPerSecond).max().orElseThrow();
    return points.stream()
        .filter(point -> point.imageStepsPerSecond() >= ABOUT * highest)
        .findFirst()
        .orElseThrow();
  }

  private Report.Ceilings ceilings(
      Engine.Ceilings ceilings, Report.UNetPoint best, int bytesPerValue) {
    UNetCost cost = subject.cost(subject.settings().width(), subject.settings().height());
    double seconds = best.milliseconds() / 1000;
    int samples = (int) Math.round(best.imageStepsPerSecond() * seconds);
    return new Report.Ceilings(
        ceilings.flopsPerSecond(),
        ceilings.bytesPerSecond(),
        cost.flops() * samples / seconds,
        cost.bytes(samples, bytesPerValue) / seconds);
  }

  private static Report.Power power(GpuWatch watch, EndToEnd.Result frames) {
    Windows windows = frames.windows();
    if (watch == null || Double.isNaN(windows.joules())) {
      return null;
    }
    return new Report.Power(watch.source(), windows.watts(), windows.joules() / windows.work());
  }
}
