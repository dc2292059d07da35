package dev.latentween.bench;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * Everything a benchmark found out: the one source of both the table for people and the JSON
 * document, whose schema is {@code docs/bench-schema.json}. Values are null where a device does not
 * tell them; times are in milliseconds, rates a second.
 *
 * @param schemaVersion of the document
 * @param work what was measured; reports of different work cannot be compared
 * @param devices each alone
 * @param together all devices at once; null where there is one
 * @param valid whether the pictures are right; if not, the score is void
 * @param voidReasons why not
 * @param framesPerSecond the score: of all devices, end to end
 * @param price null if none was given
 * @param job null if none was given
 * @param notes for people, each one line
 */
public record Report(
    int schemaVersion,
    String engineVersion,
    String created,
    String profile,
    Work work,
    Machine machine,
    List<Device> devices,
    Together together,
    boolean valid,
    List<String> voidReasons,
    double framesPerSecond,
    Price price,
    Job job,
    List<String> notes) {
  public static final int SCHEMA_VERSION = 1;

  public Report {
    devices = List.copyOf(devices);
    voidReasons = List.copyOf(voidReasons);
    notes = List.copyOf(notes);
  }

  /**
   * What each frame asks of a device.
   *
   * @param model its name
   * @param syntheticWeights random ones of the model's shapes: as fast as true ones
   * @param unetTeraflops useful operations of one sample's evaluation, in 10^12
   * @param steps sampler steps of a frame
   * @param evaluationsPerFrame samples the UNet evaluates for a frame: two a step with guidance
   * @param output what is written for each frame
   */
  public record Work(
      String model,
      boolean syntheticWeights,
      int width,
      int height,
      String sampler,
      int steps,
      double guidanceScale,
      int evaluationsPerFrame,
      double unetTeraflops,
      String output) {}

  public record Machine(String cpu, int cores, long memoryBytes, String os, String java) {}

  /**
   * One device alone.
   *
   * @param device as the command line names it
   * @param precision what weights and activations are stored as
   * @param multiprocessors null for the CPU
   * @param gpu null for the CPU and where the driver's NVML is missing
   * @param sensors "nvml", or why there are none
   * @param usedByOthers null unless somebody is known to have used the device before the benchmark
   * @param largestBatch frames that fit
   * @param unetCurve from batch 1 on
   * @param bestBatch the smallest of the curve within 2 % of its highest rate
   * @param peakMemoryBytes the most the engine held, at the curve's largest batch
   * @param power null where the GPU does not tell it
   * @param throttle reasons seen while the windows ran
   * @param droop how much slower the last window was than the first, as a share; below 0: faster;
   *     null where the time sufficed for one
   */
  public record Device(
      String device,
      String name,
      String precision,
      Integer multiprocessors,
      Long memoryBytes,
      Gpu.Identity gpu,
      String sensors,
      Gpu.Use usedByOthers,
      ColdStart coldStart,
      Integer largestBatch,
      List<UNetPoint> unetCurve,
      int bestBatch,
      VaeDecode vaeDecode,
      EndToEnd endToEnd,
      Ceilings ceilings,
      long peakMemoryBytes,
      Power power,
      List<Gpu.Throttle> throttle,
      Double droop,
      Gate gate) {
    public Device {
      unetCurve = List.copyOf(unetCurve);
      throttle = throttle.stream().sorted().toList();
    }

    /** The curve's point at the best batch. */
    @JsonIgnore
    public UNetPoint bestPoint() {
      return unetCurve.stream()
          .filter(point -> point.batch() == bestBatch)
          .findFirst()
          .orElseThrow();
    }
  }

  /**
   * From the start of the process to its first frame.
   *
   * @param processMs until the program's own code runs; null for all but the first device
   * @param deviceMs until the device is open; of the first with waking the driver
   * @param weightsMs until the weights lie on it, packed
   * @param firstFrameMs from there until a frame is in memory
   */
  public record ColdStart(
      Double processMs, double deviceMs, double weightsMs, double firstFrameMs) {}

  /**
   * Frames denoised at once.
   *
   * @param milliseconds one step of all: two evaluations of each frame with guidance
   * @param imageStepsPerSecond samples evaluated a second
   * @param settled whether three windows agreed within 1 %; if not, the time for it ran out
   */
  public record UNetPoint(
      int batch, double milliseconds, double imageStepsPerSecond, boolean settled) {}

  /**
   * @param millisecondsPerFrame at that batch
   */
  public record VaeDecode(int batch, double millisecondsPerFrame) {}

  /**
   * Whole frames, written as a render writes them: one batch is sampled while the one before is
   * decoded and the one before that is written.
   *
   * @param frames how many were rendered for the rate
   * @param settled as of a {@link UNetPoint}
   * @param waitedForFiles share of the time that rendering stood still because files were slower
   */
  public record EndToEnd(
      int batch,
      int frames,
      double framesPerSecond,
      boolean settled,
      Shares shares,
      double waitedForFiles) {}

  /** Where the device's time goes; they add up to 1. */
  public record Shares(double unet, double vaeDecode, double copy) {}

  /**
   * The best of the curve against what this very device does in plain loops.
   *
   * @param gemmFlopsPerSecond a large matrix product by the engine's own kernel
   * @param copyBytesPerSecond read and written
   * @param usefulFlopsPerSecond of the UNet at its best batch
   * @param usefulBytesPerSecond of the UNet at its best batch: weights, inputs and outputs of its
   *     products, each once
   */
  public record Ceilings(
      double gemmFlopsPerSecond,
      double copyBytesPerSecond,
      double usefulFlopsPerSecond,
      double usefulBytesPerSecond) {
    @JsonIgnore
    public double shareOfGemm() {
      return usefulFlopsPerSecond / gemmFlopsPerSecond;
    }

    @JsonIgnore
    public double shareOfCopy() {
      return usefulBytesPerSecond / copyBytesPerSecond;
    }
  }

  /**
   * Of the whole GPU while frames were rendered end to end.
   *
   * @param source "energy counter" or "sampled"
   */
  public record Power(String source, double meanWatts, double joulesPerFrame) {}

  /**
   * The pictures' check.
   *
   * @param reference whose result of the same weights and inputs it is compared with: "cpu" for the
   *     CPU's in float32, "stored" for the same kept from another machine, "none" for a CPU with a
   *     model of the user's
   * @param relativeError norm of the difference over the norm of the reference; null for none, and
   *     if it is no number
   * @param tolerance the most that is right
   * @param finite whether no value was NaN or infinity
   * @param sameBits whether frames were the same alone and in a batch
   */
  public record Gate(
      String reference, Double relativeError, double tolerance, boolean finite, boolean sameBits) {
    @JsonIgnore
    public boolean passed() {
      return finite && sameBits && (relativeError == null || relativeError <= tolerance);
    }
  }

  /**
   * @param scaling frames a second of all at once over the sum of each alone
   */
  public record Together(List<String> devices, double framesPerSecond, double scaling) {
    public Together {
      devices = List.copyOf(devices);
    }
  }

  public record Price(double dollarsPerHour, double framesPerDollar, double dollarsPer1000Frames) {}

  /**
   * What a settings file would take here.
   *
   * @param dollars null without a price
   */
  public record Job(
      String settings,
      int frames,
      int width,
      int height,
      int evaluationsPerFrame,
      double hours,
      Double dollars) {}
}
