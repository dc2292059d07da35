package dev.latentween.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This computer, as Linux tells it. */
final class Machines {
  private static final long KIB = 1024;

  private Machines() {}

  static Report.Machine here() {
    return new Report.Machine(
        cpuName(),
        Runtime.getRuntime().availableProcessors(),
        KIB * Long.parseLong(value("/proc/meminfo", "MemTotal", "1").replaceAll("\\D", "")),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.version"));
  }

  static String cpuName() {
    return value("/proc/cpuinfo", "model name", "unknown CPU");
  }

  /** What stands behind the first "name:" of a file. */
  private static String value(String file, String name, String otherwise) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.replaceFirst(".*?:\\s*", ""))
          .findFirst()
          .orElse(otherwise);
    } catch (IOException e) {
      return otherwise;
    }
  }
}
