package dev.latentween.cli;

import dev.latentween.bench.Bench;
import dev.latentween.bench.Comparison;
import dev.latentween.bench.ComparisonPicture;
import dev.latentween.bench.Profile;
import dev.latentween.bench.Report;
import dev.latentween.bench.ReportJson;
import dev.latentween.bench.ReportTable;
import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import dev.latentween.settings.Named;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Reason;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.settings.UserError;
import dev.latentween.video.PartialFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures what a device is worth for this work. */
@Command(
    name = "bench",
    description = "Measure frames an hour, per dollar and per joule, and why they are so many.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {
  private static final int VOID = 4;
  private static final int TOO_SLOW = 5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--profile",
      paramLabel = "quick|full",
      defaultValue = "quick",
      description = "How thorough: a minute or five on a large GPU. Default: ${DEFAULT-VALUE}.")
  private Profile profile;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "What to measure: cpu, cuda, cuda:N, cuda:all, or several with commas. Default: every GPU,"
              + " or cpu.")
  private String device;

  @Option(
      names = "--price",
      paramLabel = "DOLLARS",
      description = "What the machine costs an hour.")
  private Double price;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description =
          "A diffusers folder or a .safetensors file. Default: random weights of Stable Diffusion"
              + " 1.5's shapes.")
  private Path model;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      description = "Folder with vocab.json and merges.txt, if not beside the model.")
  private Path tokenizer;

  @Option(
      names = "--size",
      paramLabel = "WxH",
      description = "Of the frames, in pixels. Default: 512x512; 128x128 on the CPU.")
  private String size;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Sampler steps of a frame. Default: 20; 4 on the CPU.")
  private Integer steps;

  @Option(
      names = "--precision",
      paramLabel = "autocast|fp8",
      defaultValue = "autocast",
      description =
          "autocast: float16 on a GPU. fp8: as render has it; H100 and H200 only."
              + " Default: ${DEFAULT-VALUE}.")
  private String precision;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the report there, too; docs/bench.md says what is in it.")
  private Path json;

  @Option(
      names = "--min-fps",
      paramLabel = "X",
      description = "Exit with code 5 if frames/s are fewer.")
  private Double minFps;

  @Option(
      names = "--job",
      paramLabel = "SETTINGS",
      description = "Say how long these settings would take to render, and for how much.")
  private Path job;

  @Override
  public Integer call() {
    Instant processStart = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    double processMillis = processStart.until(Instant.now(), ChronoUnit.NANOS) / 1e6;
    Matcher sides = Pattern.compile("(\\d{1,5})x(\\d{1,5})").matcher(size == null ? "" : size);
    if (size != null && !sides.matches()) {
      throw new UserError("--size is " + size + "; it must be WxH, for example 512x512");
    }
    if (price != null && !(price > 0)) {
      throw new UserError("--price is " + price + "; it must be above 0");
    }
    if (minFps != null && !(minFps > 0)) {
      throw new UserError("--min-fps is " + minFps + "; it must be above 0");
    }
    DeviceChoice choice = device == null ? null : new DeviceChoice(device);
    Settings jobSettings = job == null ? null : new SettingsReader().read(job, Map.of()).settings();
    Bench.Request request =
        new Bench.Request(
            profile,
            () -> devices(choice),
            model,
            tokenizer,
            size == null ? null : Integer.valueOf(sides.group(1)),
            size == null ? null : Integer.valueOf(sides.group(2)),
            steps,
            precision(),
            price,
            job == null ? null : job.getFileName().toString(),
            jobSettings);
    if (json != null) {
      PartialFile.tryOut(json);
    }
    Report report = measure(request, processMillis);
    PrintWriter out = spec.commandLine().getOut();
    out.print(ReportTable.of(report));
    out.flush();
    if (json != null) {
      PartialFile.write(json, ReportJson.write(report).getBytes(StandardCharsets.UTF_8));
    }
    int exitCode = exitCode(report, minFps);
    if (exitCode == TOO_SLOW) {
      say("the score is below --min-fps " + minFps);
    }
    return exitCode;
  }

  /**
   * @param minFps null for any
   */
  static int exitCode(Report report, Double minFps) {
    if (!report.valid()) {
      return VOID;
    }
    return minFps != null && report.framesPerSecond() < minFps ? TOO_SLOW : 0;
  }

  private Precision precision() {
    return Named.find(Precision.values(), precision)
        .orElseThrow(
            () -> new UserError("--precision is " + precision + "; it must be autocast or fp8"));
  }

  /**
   * @param choice the user's; null for every GPU, or else the CPU
   */
  private List<String> devices(DeviceChoice choice) {
    if (choice == null) {
      Devices devices = Devices.find();
      if (devices.gpus().stream().noneMatch(DeviceInfo::usable)) {
        say("measuring the CPU; " + DeviceChoice.whyNone(devices));
        return List.of("cpu");
      }
      return new DeviceChoice("cuda:all").among(() -> devices).names();
    }
    List<String> names = choice.among(Devices::find).names();
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new UserError("--device names " + name + " twice");
      }
    }
    return names;
  }

  private Report measure(Bench.Request request, double processMillis) {
    // Named before it is made, so that there is no moment in which Ctrl-C would leave it behind.
    Path folder =
        Path.of(System.getProperty("java.io.tmpdir"), "latentween-bench-" + UUID.randomUUID());
    try (Interruption interruption =
        new Interruption(() -> deleteInUse(folder), "interrupted; nothing was measured")) {
      make(folder);
      Report report =
          new Bench(request, BenchOutput::new, folder, this::say)
              .run(Main.Version.number(), processMillis);
      interruption.over();
      return report;
    } finally {
      if (Files.exists(folder)) {
        delete(folder);
      }
    }
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private static void make(Path folder) {
    try {
      Files.createDirectory(folder);
    } catch (IOException e) {
      throw new UserError("cannot make a temporary folder " + folder + ": " + Reason.of(e), e);
    }
  }

  /** While frames are still written there. */
  private static void deleteInUse(Path folder) {
    for (int i = 0; i < 10 && Files.exists(folder); ++i) {
      try {
        delete(folder);
      } catch (UncheckedIOException e) {
        // A file came after the list was made: once more.
      }
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Command(
      name = "compare",
      description = "Reports beside each other, the cheapest frames first.",
      mixinStandardHelpOptions = true)
  void compare(
      @Parameters(paramLabel = "REPORT", arity = "1..*", description = "What bench --json wrote.")
          List<Path> reports,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              defaultValue = "bench.png",
              description = "The picture. Default: ${DEFAULT-VALUE}.")
          Path picture) {
    Comparison comparison = Comparison.read(reports);
    PartialFile.write(picture, ComparisonPicture.png(comparison));
    PrintWriter out = spec.commandLine().getOut();
    out.print(comparison.table());
    out.println("picture: " + picture);
    out.flush();
  }
}
