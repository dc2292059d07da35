package dev.latentween.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what can be rendered on. */
@Command(
    name = "devices",
    description =
        "List the GPUs and the CPU: what they are, what the engine computes in, free memory, and how"
            + " many frames of 512x512 fit at once with a model of Stable Diffusion 1.5's size. A"
            + " star marks the default of render --device.",
    mixinStandardHelpOptions = true)
final class DevicesCommand implements Runnable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON: bytes, and a problem for what is unusable.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(describe(Devices.find(), json));
    out.flush();
  }

  static String describe(Devices devices, boolean json) {
    String best = new DeviceChoice(null).among(() -> devices).names().get(0);
    ObjectNode root = MAPPER.createObjectNode();
    ArrayNode rows = root.putArray("devices");
    devices.gpus().forEach(gpu -> describe(gpu, rows.addObject()));
    describeCpu(rows.addObject());
    rows.forEach(row -> ((ObjectNode) row).put("default", row.get("device").asText().equals(best)));
    if (devices.gpus().isEmpty()) {
      root.put("no_gpu", devices.whyNone());
    }
    return json ? pretty(root) : lines(root);
  }

  private static void describe(DeviceInfo gpu, ObjectNode row) {
    row.put("device", gpu.device())
        .put("name", gpu.name())
        .put("pci_bus_id", gpu.pciBusId())
        .put(
            "detail",
            "compute capability %d.%d, %d multiprocessors"
                .formatted(gpu.capability() / 10, gpu.capability() % 10, gpu.multiprocessors()))
        .put("total_bytes", gpu.totalBytes());
    if (gpu.usable()) {
      row.put("free_bytes", gpu.freeBytes())
          .put("computes_in", "float16")
          .put("batch_512", BatchSize.estimate(gpu.freeBytes()));
    } else {
      row.put("problem", gpu.problem());
    }
  }

  private static void describeCpu(ObjectNode row) {
    row.put("device", "cpu")
        .put("name", entry("/proc/cpuinfo", "model name", () -> "CPU"))
        .put("detail", Runtime.getRuntime().availableProcessors() + " threads")
        .put("total_bytes", memory("MemTotal"))
        .put("free_bytes", memory("MemAvailable"))
        .put("computes_in", "float32")
        .put("batch_512", 1);
  }

  private static long memory(String name) {
    return Long.parseLong(entry("/proc/meminfo", name, () -> "0 kB").replace(" kB", "")) << 10;
  }

  /** The value of the first line "name : value" of a system file. */
  private static String entry(String file, String name, Supplier<String> otherwise) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElseGet(otherwise);
    } catch (IOException e) {
      return otherwise.get();
    }
  }

  private static String lines(ObjectNode root) {
    StringBuilder text = new StringBuilder();
    for (var row : root.get("devices")) {
      text.append(row.get("default").asBoolean() ? "* " : "  ")
          .append(String.format("%-8s", row.get("device").asText()))
          .append(row.get("name").asText())
          .append(", ")
          .append(row.get("detail").asText());
      if (row.has("problem")) {
        text.append(": ").append(row.get("problem").asText());
      } else {
        text.append(
            String.format(
                Locale.ROOT,
                "; %s; %.1f of %.1f GiB free; %s",
                row.get("computes_in").asText(),
                row.get("free_bytes").asDouble() / (1 << 30),
                row.get("total_bytes").asDouble() / (1 << 30),
                fits(row.get("batch_512").asInt())));
      }
      text.append(System.lineSeparator());
    }
    if (root.has("no_gpu")) {
      text.append("no GPU: ").append(root.get("no_gpu").asText()).append(System.lineSeparator());
    }
    return text.toString();
  }

  private static String fits(int batch) {
    return switch (batch) {
      case 0 -> "too little for a frame of 512x512";
      case 1 -> "a frame of 512x512 at once";
      default -> batch + " frames of 512x512 at once";
    };
  }

  private static String pretty(ObjectNode root) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root)
          + System.lineSeparator();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
