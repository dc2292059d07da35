package dev.latentween.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.settings.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Reports of the same work beside each other, the cheapest frames first. */
public final class Comparison {
  /** A report and the name it goes by. */
  record Entry(String name, Report report) {
    /** Infinite without a price, and for a void score. */
    double dollars() {
      return report.price() == null || !report.valid()
          ? Double.POSITIVE_INFINITY
          : report.price().dollarsPer1000Frames();
    }
  }

  private final List<Entry> entries;

  private Comparison(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads reports.
   *
   * @throws UserError if one is none, or is of other work than the first, saying what differs
   */
  public static Comparison read(List<Path> files) {
    List<Entry> entries = new ArrayList<>();
    for (Path file : files) {
      Report report = ReportJson.read(file);
      entries.add(new Entry(file.getFileName().toString().replaceFirst("\\.json$", ""), report));
      List<String> differences = differences(entries.get(0).report().work(), report.work());
      if (!differences.isEmpty()) {
        throw new UserError(
            file
                + " is of other work than "
                + files.get(0)
                + ": "
                + String.join("; ", differences));
      }
    }
    entries.sort(
        Comparator.comparingDouble(Entry::dollars)
            .thenComparing(entry -> -entry.report().framesPerSecond()));
    return new Comparison(entries);
  }

  /** Every member of the work that is not the same, as "name: one, other". */
  private static List<String> differences(Report.Work one, Report.Work other) {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode first = mapper.valueToTree(one);
    JsonNode second = mapper.valueToTree(other);
    List<String> differences = new ArrayList<>();
    first
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!first.get(name).equals(second.get(name))) {
                differences.add(name + ": " + first.get(name) + ", " + second.get(name));
              }
            });
    return differences;
  }

  List<Entry> entries() {
    return entries;
  }

  public String table() {
    int widest = entries.stream().mapToInt(entry -> entry.name().length()).max().orElseThrow();
    int name = Math.max(8, widest) + 2;
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%-" + name + "s%10s %12s %12s %12s %10s %8s  %s%n",
            "report",
            "$/h",
            "$/1000 fr.",
            "frames/$",
            "frames/s",
            "J/frame",
            "batch",
            "devices"));
    for (Entry entry : entries) {
      Report report = entry.report();
      Report.Price price = report.price();
      text.append(
          String.format(
              Locale.ROOT,
              "%-" + name + "s%10s %12s %12s %12.4g %10s %8s  %s%n",
              entry.name(),
              price == null ? "-" : String.format(Locale.ROOT, "%.2f", price.dollarsPerHour()),
              price == null || !report.valid()
                  ? "-"
                  : String.format(Locale.ROOT, "%.4f", price.dollarsPer1000Frames()),
              price == null || !report.valid()
                  ? "-"
                  : String.format(Locale.ROOT, "%.0f", price.framesPerDollar()),
              report.framesPerSecond(),
              joules(report),
              report.devices().stream()
                  .map(device -> "" + device.bestBatch())
                  .distinct()
                  .collect(Collectors.joining(",")),
              devices(report) + (report.valid() ? "" : "; VOID")));
    }
    return text.toString();
  }

  /** Mean over the devices; a dash where one does not tell. */
  private static String joules(Report report) {
    if (report.devices().stream().anyMatch(device -> device.power() == null)) {
      return "-";
    }
    double mean =
        report.devices().stream()
            .mapToDouble(device -> device.power().joulesPerFrame())
            .average()
            .orElseThrow();
    return String.format(Locale.ROOT, "%.4g", mean);
  }

  private static String devices(Report report) {
    Report.Device first = report.devices().get(0);
    int count = report.devices().size();
    return (count == 1 ? "" : count + " x ") + first.name() + ", " + first.precision();
  }
}
