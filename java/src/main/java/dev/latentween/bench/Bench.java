package dev.latentween.bench;

import dev.latentween.engine.EngineException;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import dev.latentween.settings.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Consumer;
import java.util.function.Function;

/** A whole benchmark: each device alone, all together, and what follows from it. */
public final class Bench {
  private static final int DEVICE_ERROR = 4;
  private static final Duration TOGETHER = Duration.ofSeconds(8);

  /**
   * What is asked for.
   *
   * @param model null for random weights
   * @param tokenizer of the model; null to look beside it
   * @param width of frames in pixels; null for what fits the device, as the two below
   * @param dollarsPerHour of the whole machine; null if not known
   * @param jobName of the settings below, for people
   * @param job settings whose time and price are asked for, or null
   */
  public record Request(
      Profile profile,
      List<String> devices,
      Path model,
      Path tokenizer,
      Integer width,
      Integer height,
      Integer steps,
      Precision precision,
      Double dollarsPerHour,
      String jobName,
      Settings job) {}

  private final Request request;
  private final Profile.Limits limits;
  private final FrameSink.Factory sinks;
  private final Path folder;
  private final Consumer<String> progress;
  private final Function<String, Nvml.Found> sensors;

  /**
   * @param sinks for rendered frames
   * @param folder for files, which stay there
   * @param progress takes lines for people
   */
  public Bench(Request request, FrameSink.Factory sinks, Path folder, Consumer<String> progress) {
    this(request, request.profile().limits, sinks, folder, progress, Nvml::find);
  }

  /** The same with limits and sensors of the caller's. */
  Bench(
      Request request,
      Profile.Limits limits,
      FrameSink.Factory sinks,
      Path folder,
      Consumer<String> progress,
      Function<String, Nvml.Found> sensors) {
    this.request = request;
    this.limits = limits;
    this.sinks = sinks;
    this.folder = folder;
    this.progress = progress;
    this.sensors = sensors;
  }

  /**
   * Measures.
   *
   * @param engineVersion for the report
   * @param processStart when the process started, for the cold start
   * @throws UserError for a model or a size that cannot be, and for pictures that are no numbers
   */
  public Report run(String engineVersion, Instant processStart) {
    double processMillis = processStart.until(Instant.now(), ChronoUnit.NANOS) / 1e6;
    boolean small = request.devices().get(0).equals("cpu");
    try (Subject subject =
        Subject.open(
            request.model(),
            request.tokenizer(),
            folder,
            or(request.width(), small ? 128 : 512),
            or(request.height(), small ? 128 : 512),
            or(request.steps(), small ? 4 : 20),
            request.precision())) {
      List<Report.Device> devices = new ArrayList<>();
      for (String device : request.devices()) {
        DeviceBench bench = new DeviceBench(subject, limits, sensors, sinks, folder, progress);
        devices.add(bench.measure(device, devices.isEmpty() ? processMillis : null));
      }
      Report.Together together = devices.size() > 1 ? together(subject, devices) : null;
      return report(engineVersion, subject, devices, together);
    } catch (IllegalArgumentException e) {
      throw new UserError(e.getMessage(), e);
    } catch (EngineException e) {
      if (e.code() == EngineException.Code.NOT_FINITE) {
        throw new UserError("no score: " + e.getMessage(), DEVICE_ERROR, e);
      }
      throw e;
    }
  }

  private static int or(Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }

  private Report report(
      String engineVersion,
      Subject subject,
      List<Report.Device> devices,
      Report.Together together) {
    double framesPerSecond =
        together == null ? devices.get(0).endToEnd().framesPerSecond() : together.framesPerSecond();
    List<String> wrong = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (Report.Device device : devices) {
      wrong.addAll(Verdict.wrong(device));
      notes.addAll(Verdict.notes(device));
    }
    Double dollars = request.dollarsPerHour();
    Settings job = request.job();
    return new Report(
        Report.SCHEMA_VERSION,
        engineVersion,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        request.profile().name().toLowerCase(),
        subject.work(),
        Machines.here(),
        devices,
        together,
        wrong.isEmpty(),
        wrong,
        framesPerSecond,
        dollars == null ? null : Prices.of(framesPerSecond, dollars),
        job == null
            ? null
            : Prices.job(
                request.jobName(),
                job,
                subject.cost(job.width(), job.height()),
                subject.work(),
                devices.get(0),
                framesPerSecond,
                dollars),
        notes);
  }

  /** All devices at once, each with files of its own, over the same time. */
  private Report.Together together(Subject subject, List<Report.Device> alone) {
    progress.accept("all devices together");
    CyclicBarrier ready = new CyclicBarrier(alone.size());
    List<CompletableFuture<Double>> rates =
        alone.stream()
            .map(
                device ->
                    CompletableFuture.supplyAsync(
                        () -> rate(subject, device, ready), task -> new Thread(task).start()))
            .toList();
    double all = rates.stream().mapToDouble(CompletableFuture::join).sum();
    double sum = alone.stream().mapToDouble(d -> d.endToEnd().framesPerSecond()).sum();
    return new Report.Together(alone.stream().map(Report.Device::device).toList(), all, all / sum);
  }

  private double rate(Subject subject, Report.Device device, CyclicBarrier ready) {
    Path files = folder.resolve(device.device().replace(':', '-'));
    try (LoadedModel loaded = new LoadedModel(device.device(), subject, progress);
        FrameSink sink =
            sinks.open(subject.settings(), subject.name(), files, device.bestBatch())) {
      return EndToEnd.measureFor(loaded, sink, device.bestBatch(), TOGETHER, () -> await(ready))
          .windows()
          .rate();
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException("another device failed", e);
    }
  }
}
