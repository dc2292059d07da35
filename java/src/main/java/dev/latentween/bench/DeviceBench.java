package dev.latentween.bench;

import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import dev.latentween.engine.Engine;
import dev.latentween.engine.RenderJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures one device.
 *
 * @param sinks for rendered frames
 * @param folder for files
 * @param progress takes lines for people
 */
record DeviceBench(
    Subject subject,
    Profile.Limits limits,
    Sensors sensors,
    FrameSink.Factory sinks,
    Path folder,
    Consumer<String> progress) {
  /** More frames at once gain nothing anywhere, and their files would come in bursts. */
  private static final int MOST_FRAMES = 64;

  private static final double ABOUT = 0.98;

  /**
   * What was before the first device was opened.
   *
   * @param processMillis from the process's start to its own code; null for other devices
   * @param deviceMillis that looking for devices took, which wakes the driver; 0 for others
   */
  record Start(Double processMillis, double deviceMillis) {}

  Report.Device measure(String device, Start start) {
    DeviceInfo info = info(device);
    Sensors.Found found = sensors.of(info == null ? null : info.pciBusId());
    progress.accept(device + ": device and weights");
    try (LoadedModel loaded = new LoadedModel(device, subject, progress)) {
      return measure(loaded, info, found, start);
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
      LoadedModel loaded, DeviceInfo info, Sensors.Found found, Start start) {
    long begin = System.nanoTime();
    double stepMillis = firstFrame(loaded);
    Report.ColdStart coldStart =
        new Report.ColdStart(
            start.processMillis(),
            start.deviceMillis() + loaded.deviceMillis,
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
    Rendered rendered = render(loaded, found.gpu(), best.batch());
    progress.accept(loaded.device + ": correctness");
    // A batch, unless there is room for a frame alone: it is compared with itself then.
    Report.Gate gate = PictureGate.check(loaded, Math.min(largest, Math.max(2, best.batch())));
    return new Report.Device(
        loaded.device,
        info == null ? Machines.cpuName() : info.name(),
        loaded.precision(),
        info == null ? null : info.multiprocessors(),
        info == null ? null : info.totalBytes(),
        rendered.gpu(),
        found.gpu() == null ? found.missing() : "nvml",
        found.before() != null && found.before().byOthers() ? found.before() : null,
        coldStart,
        largest,
        curve.points(),
        best.batch(),
        curve.decodeAt(best.batch()),
        rendered.frames().report(),
        ceilings(ceilings, best, loaded.onCpu() ? Float.BYTES : Short.BYTES),
        loaded.engine.peakBytes(),
        rendered.power(),
        rendered.throttle(),
        rendered.frames().windows().droop(),
        gate);
  }

  /** What whole frames gave, and what the GPU told meanwhile. */
  private record Rendered(
      EndToEnd.Result frames, Gpu.Identity gpu, Report.Power power, List<Gpu.Throttle> throttle) {}

  private Rendered render(LoadedModel loaded, Gpu gpu, int batch) {
    Duration limit = limits.endToEnd();
    try (FrameSink sink = sinks.open(subject.settings(), subject.name(), folder, batch)) {
      if (gpu == null) {
        return new Rendered(
            EndToEnd.measure(loaded, sink, batch, limit, () -> {}, () -> Double.NaN),
            null,
            null,
            List.of());
      }
      try (GpuWatch watch = new GpuWatch(gpu)) {
        EndToEnd.Result frames =
            EndToEnd.measure(loaded, sink, batch, limit, watch::begin, watch::joules);
        return new Rendered(
            frames, watch.atWork(), power(watch.source(), frames.windows()), watch.throttle());
      }
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
  static Report.UNetPoint best(List<Report.UNetPoint> points) {
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

  private static Report.Power power(String source, Windows windows) {
    return Double.isNaN(windows.joules())
        ? null
        : new Report.Power(source, windows.watts(), windows.joules() / windows.work());
  }
}
