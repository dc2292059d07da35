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
import java.util.concurrent.CompletionException;
import java.util.concurrent.Phaser;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** A whole benchmark: each device alone, all together, and what follows from it. */
public final class Bench {
  private static final int DEVICE_ERROR = 4;

  /**
   * What is asked for.
   *
   * @param devices says which; asked once, and not before the sensors were looked at
   * @param model null for random weights
   * @param tokenizer of the model; null to look beside it
   * @param width of frames in pixels; null for what fits the device, as the two below
   * @param dollarsPerHour of the whole machine; null if not known
   * @param jobName of the settings below, for people
   * @param job settings whose time and price are asked for, or null
   */
  public record Request(
      Profile profile,
      Supplier<List<String>> devices,
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
  private final IntFunction<Profile.Limits> limits;
  private final FrameSink.Factory sinks;
  private final Path folder;
  private final Consumer<String> progress;
  private final Supplier<Sensors> sensors;

  /**
   * @param sinks for rendered frames
   * @param folder for files, which stay there
   * @param progress takes lines for people
   */
  public Bench(Request request, FrameSink.Factory sinks, Path folder, Consumer<String> progress) {
    this(request, request.profile()::limits, sinks, folder, progress, Nvml::look);
  }

  /** The same with limits, for a number of devices, and sensors of the caller's. */
  Bench(
      Request request,
      IntFunction<Profile.Limits> limits,
      FrameSink.Factory sinks,
      Path folder,
      Consumer<String> progress,
      Supplier<Sensors> sensors) {
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
   * @param processMillis from the process's start to its own code, for the report
   * @throws UserError for a model or a size that cannot be, and for pictures that are no numbers
   */
  public Report run(String engineVersion, double processMillis) {
    Sensors found = sensors.get();
    long begin = System.nanoTime();
    List<String> names = request.devices().get();
    DeviceBench.Start start = new DeviceBench.Start(processMillis, LoadedModel.millisSince(begin));
    boolean small = names.contains("cpu");
    try (Subject subject =
        Subject.open(
            request.model(),
            request.tokenizer(),
            folder,
            or(request.width(), small ? 128 : 512),
            or(request.height(), small ? 128 : 512),
            or(request.steps(), small ? 4 : 20),
            request.precision())) {
      DeviceBench bench =
          new DeviceBench(subject, limits.apply(names.size()), found, sinks, folder, progress);
      List<Report.Device> devices = new ArrayList<>();
      for (String name : names) {
        devices.add(bench.measure(name, start));
        start = new DeviceBench.Start(null, 0);
      }
      Report.Together together =
          devices.size() > 1
              ? together(subject, devices, limits.apply(devices.size()).endToEnd())
              : null;
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

  /**
   * All devices at once, each with files of its own, over the same time.
   *
   * @throws RuntimeException the first failure, when all have ended
   */
  private Report.Together together(Subject subject, List<Report.Device> alone, Duration time) {
    progress.accept("all devices together");
    Phaser loaded = new Phaser(alone.size());
    List<CompletableFuture<Double>> rates =
        alone.stream()
            .map(
                device ->
                    CompletableFuture.supplyAsync(
                        () -> rate(subject, device, loaded, time),
                        task -> new Thread(task).start()))
            .toList();
    try {
      CompletableFuture.allOf(rates.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
    double all = rates.stream().mapToDouble(CompletableFuture::join).sum();
    double sum = alone.stream().mapToDouble(d -> d.endToEnd().framesPerSecond()).sum();
    return new Report.Together(alone.stream().map(Report.Device::device).toList(), all, all / sum);
  }

  private double rate(Subject subject, Report.Device device, Phaser loaded, Duration time) {
    Path files = folder.resolve(device.device().replace(':', '-'));
    try (LoadedModel model = new LoadedModel(device.device(), subject, progress);
        FrameSink sink =
            sinks.open(subject.settings(), subject.name(), files, device.bestBatch())) {
      loaded.arriveAndAwaitAdvance();
      return EndToEnd.measureFor(model, sink, device.bestBatch(), time).windows().rate();
    } finally {
      loaded.arriveAndDeregister(); // nobody waits for one that failed
    }
  }
}
