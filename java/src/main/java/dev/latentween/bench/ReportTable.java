package dev.latentween.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A report as a table for people: a row for each figure, a column for each device. */
public final class ReportTable {
  private static final int NAME = 20;
  private static final int COLUMN = 46;

  private final StringBuilder text = new StringBuilder();
  private final Report report;

  private ReportTable(Report report) {
    this.report = report;
  }

  public static String of(Report report) {
    ReportTable table = new ReportTable(report);
    table.head();
    table.devices();
    table.score();
    return table.text.toString();
  }

  private void head() {
    Report.Work work = report.work();
    Report.Machine machine = report.machine();
    line("bench", "%s, engine %s, %s", report.profile(), report.engineVersion(), report.created());
    line("model", "%s%s", work.model(), work.syntheticWeights() ? ", synthetic weights" : "");
    line(
        "work",
        "%dx%d, %s, %d steps, guidance %s: %d evaluations of %.3g TFLOP a frame; %s",
        work.width(),
        work.height(),
        work.sampler(),
        work.steps(),
        plain(work.guidanceScale()),
        work.evaluationsPerFrame(),
        work.unetTeraflops(),
        work.output());
    line(
        "machine",
        "%s, %d cores, %s; %s, Java %s",
        machine.cpu(),
        machine.cores(),
        gib(machine.memoryBytes()),
        machine.os(),
        machine.java());
    text.append(System.lineSeparator());
  }

  private void devices() {
    row("device", Report.Device::device);
    row("", Report.Device::name);
    row("", ReportTable::hardware);
    row("driver", d -> gpu(d, g -> "" + g.driver()));
    row(
        "power limit",
        d ->
            gpu(
                d,
                g ->
                    watts(g.powerLimitWatts()) + ", default " + watts(g.powerLimitDefaultWatts())));
    row("SM clock", d -> gpu(d, g -> g.smClockMhz() + " of " + g.smClockMaxMhz() + " MHz"));
    row(
        "memory clock",
        d -> gpu(d, g -> g.memoryClockMhz() + " of " + g.memoryClockMaxMhz() + " MHz"));
    row("PCIe", d -> gpu(d, ReportTable::pcie));
    row("ECC", d -> gpu(d, g -> g.ecc() == null ? "?" : g.ecc() ? "on" : "off"));
    row("sensors", Report.Device::sensors);
    row("used by others", d -> gpu(d, g -> d.usedByOthers() == null ? "no" : "yes"));
    row("start: process", d -> ms(d.coldStart().processMs()));
    row("start: device", d -> ms(d.coldStart().deviceMs()));
    row("start: weights", d -> ms(d.coldStart().weightsMs()));
    row("start: first frame", d -> ms(d.coldStart().firstFrameMs()));
    curve();
    row("best batch", d -> d.bestBatch() + " (" + d.largestBatch() + " fit)");
    row("VAE decode", d -> f("%.4g ms a frame", d.vaeDecode().millisecondsPerFrame()));
    row(
        "frames/s",
        d ->
            f(
                "%.4g%s",
                d.endToEnd().framesPerSecond(), d.endToEnd().settled() ? "" : " unsettled"));
    row("time in UNet", d -> percent(d.endToEnd().shares().unet()));
    row("time in VAE", d -> percent(d.endToEnd().shares().vaeDecode()));
    row("time in copies", d -> percent(d.endToEnd().shares().copy()));
    row("waited for files", d -> percent(d.endToEnd().waitedForFiles()));
    row(
        "useful TFLOP/s",
        d ->
            f(
                "%.4g, %.0f %% of %.4g in a GEMM",
                d.ceilings().usefulFlopsPerSecond() / 1e12,
                100 * d.ceilings().shareOfGemm(),
                d.ceilings().gemmFlopsPerSecond() / 1e12));
    row(
        "useful GB/s",
        d ->
            f(
                "%.4g, %.0f %% of %.4g in a copy",
                d.ceilings().usefulBytesPerSecond() / 1e9,
                100 * d.ceilings().shareOfCopy(),
                d.ceilings().copyBytesPerSecond() / 1e9));
    row("peak memory", d -> gib(d.peakMemoryBytes()));
    row("mean power", d -> power(d, p -> f("%.4g W (%s)", p.meanWatts(), p.source())));
    row("energy", d -> power(d, p -> f("%.4g J a frame", p.joulesPerFrame())));
    row("throttled by", ReportTable::throttle);
    row("droop", d -> d.droop() == null ? "" : percent(d.droop()));
    row("correct", d -> gate(d.gate()));
    text.append(System.lineSeparator());
  }

  private void curve() {
    List<Integer> batches =
        report.devices().stream()
            .flatMap(d -> d.unetCurve().stream().map(Report.UNetPoint::batch))
            .distinct()
            .sorted()
            .toList();
    for (int batch : batches) {
      row(
          "UNet, batch " + batch,
          d ->
              d.unetCurve().stream()
                  .filter(point -> point.batch() == batch)
                  .map(ReportTable::point)
                  .findFirst()
                  .orElse(""));
    }
  }

  private static String point(Report.UNetPoint point) {
    return f(
        "%.4g ms, %.4g image-steps/s%s",
        point.milliseconds(), point.imageStepsPerSecond(), point.settled() ? "" : " unsettled");
  }

  private void score() {
    Report.Together together = report.together();
    if (together != null) {
      line(
          "together",
          "%.4g frames/s, %.1f %% of the sum of each alone",
          together.framesPerSecond(),
          100 * together.scaling());
    }
    if (!report.valid()) {
      line("VOID", "%s", String.join("; ", report.voidReasons()));
    }
    line(
        "score",
        "%.4g frames/s, %.0f frames an hour%s",
        report.framesPerSecond(),
        3600 * report.framesPerSecond(),
        report.valid() ? "" : ", void");
    Report.Price price = report.price();
    if (price != null) {
      line(
          "price",
          "$%.2f an hour: %.0f frames a dollar, $%.4f for 1000 frames",
          price.dollarsPerHour(),
          price.framesPerDollar(),
          price.dollarsPer1000Frames());
    }
    Report.Job job = report.job();
    if (job != null) {
      line(
          "job",
          "%s with this model: %d frames of %dx%d, %d evaluations each: %.4g hours%s",
          job.settings(),
          job.frames(),
          job.width(),
          job.height(),
          job.evaluationsPerFrame(),
          job.hours(),
          job.dollars() == null ? "" : f(", $%.4f", job.dollars()));
    }
    report.notes().forEach(note -> line("note", "%s", note));
  }

  private void line(String name, String format, Object... values) {
    text.append(String.format("%-" + NAME + "s", name))
        .append(String.format(Locale.ROOT, format, values))
        .append(System.lineSeparator());
  }

  /** A row, unless no device has anything in it. */
  private void row(String name, Function<Report.Device, String> cell) {
    List<String> cells = new ArrayList<>(report.devices().stream().map(cell).toList());
    if (cells.stream().allMatch(String::isEmpty)) {
      return;
    }
    String row =
        cells.stream()
            .map(value -> String.format("%-" + COLUMN + "s", value))
            .collect(Collectors.joining("  "));
    text.append(String.format("%-" + NAME + "s", name))
        .append(row.stripTrailing())
        .append(System.lineSeparator());
  }

  private static String hardware(Report.Device device) {
    return device.multiprocessors() == null
        ? device.precision()
        : f(
            "%d SMs, %s, %s",
            device.multiprocessors(), gib(device.memoryBytes()), device.precision());
  }

  private static String pcie(Gpu.Identity gpu) {
    return f(
        "generation %s of %s, %s of %s lanes",
        gpu.pcieGeneration(), gpu.pcieGenerationMax(), gpu.pcieWidth(), gpu.pcieWidthMax());
  }

  private static String gpu(Report.Device device, Function<Gpu.Identity, String> cell) {
    return device.gpu() == null ? "" : cell.apply(device.gpu()).replace("null", "?");
  }

  private static String power(Report.Device device, Function<Report.Power, String> cell) {
    return device.power() == null ? "" : cell.apply(device.power());
  }

  private static String throttle(Report.Device device) {
    if (device.gpu() == null) {
      return "";
    }
    return device.throttle().isEmpty()
        ? "nothing"
        : device.throttle().stream()
            .map(reason -> reason.name().toLowerCase(Locale.ROOT).replace('_', ' '))
            .collect(Collectors.joining(", "));
  }

  private static String gate(Report.Gate gate) {
    String error =
        gate.relativeError() == null
            ? ""
            : f(" (error %.2g, limit %.0e)", gate.relativeError(), gate.tolerance());
    return (gate.passed() ? "yes" : "NO") + error;
  }

  private static String watts(Double watts) {
    return watts == null ? "?" : f("%.0f W", watts);
  }

  private static String ms(Double milliseconds) {
    return milliseconds == null ? "" : f("%.0f ms", milliseconds);
  }

  private static String percent(double share) {
    return f("%.1f %%", 100 * share);
  }

  private static String gib(long bytes) {
    return f("%.3g GiB", bytes / (double) (1 << 30));
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? f("%.0f", value) : f("%s", value);
  }

  private static String f(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
