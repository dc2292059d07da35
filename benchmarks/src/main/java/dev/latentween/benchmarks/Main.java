package dev.latentween.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks, prints what they give and compares it with what was recorded. Arguments: the
 * module's folder; {@code check}, {@code write} or {@code none}, for the baseline; a regular
 * expression over the benchmarks.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException, RunnerException {
    if (!List.of("check", "write", "none").contains(args[1])) {
      throw new IllegalArgumentException("baseline: '" + args[1] + "' is not check, write or none");
    }
    Path module = Path.of(args[0]);
    Path results = Files.createDirectories(module.resolve("results")).resolve("jmh.json");
    String gpu = gpu(System.getProperty("device", "auto"));
    OptionsBuilder options = new OptionsBuilder();
    options
        .include(args[2])
        .param("size", System.getProperty("sizes", "sd15,small").split(","))
        .jvmArgs(
            gpu == null ? "-Xmx1g" : "-Xmx4g",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-Ddevice=" + (gpu == null ? "cpu" : "cuda"),
            "-Dthreads=" + System.getProperty("threads", "1"),
            "-DchannelsLast=" + System.getProperty("channelsLast", "true"))
        .shouldFailOnError(true)
        .resultFormat(ResultFormatType.JSON)
        .result(results.toString());
    Collection<RunResult> runs = new Runner(options.build()).run();
    List<Ratio> ratios =
        runs.stream()
            .filter(Ratio::isPair)
            .map(run -> Ratio.of(run, gpu == null ? "" : " on " + gpu))
            .toList();
    print(runs, ratios);
    System.out.println("all figures: " + results);

    Baseline baseline = new Baseline(module.resolve("baseline.json"));
    switch (args[1]) {
      case "write" -> baseline.write(ratios);
      case "check" -> {
        List<String> worse = baseline.worse(ratios);
        worse.forEach(line -> System.out.println("WORSE: " + line));
        if (!worse.isEmpty()) {
          System.exit(1);
        }
      }
      default -> {} // none
    }
  }

  /** The GPU that is measured; null for the CPU. */
  private static String gpu(String device) {
    String gpu = device.equals("cpu") ? null : Target.gpu();
    switch (device) {
      case "cpu", "auto" -> System.out.println("measuring " + (gpu == null ? "the CPU" : gpu));
      case "cuda" -> {
        if (gpu == null) {
          System.exit(1);
        }
      }
      default ->
          throw new IllegalArgumentException("device: '" + device + "' is not auto, cpu or cuda");
    }
    return gpu;
  }

  private static void print(Collection<RunResult> runs, List<Ratio> ratios) {
    int width = ratios.stream().mapToInt(ratio -> ratio.name().length()).max().orElse(0);
    String name = "%-" + Math.max(24, width) + "s ";
    System.out.printf(
        "%n" + name + "%12s %12s %8s %8s%n",
        "benchmark",
        "ours, ms",
        "LibTorch, ms",
        "ratio",
        "noise");
    for (Ratio ratio : ratios) {
      System.out.printf(
          Locale.ROOT,
          name + "%12.4g %12.4g %8.3f %8.3f%n",
          ratio.name(),
          ratio.ours(),
          ratio.libTorch(),
          ratio.ratio(),
          ratio.noise());
    }
    for (RunResult run : runs) {
      if (!Ratio.isPair(run)) {
        System.out.printf(
            Locale.ROOT,
            name + "%12.6f%n",
            run.getPrimaryResult().getLabel(),
            run.getPrimaryResult().getScore());
      }
    }
    System.out.println();
  }
}
