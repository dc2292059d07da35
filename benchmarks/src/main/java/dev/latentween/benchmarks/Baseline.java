package dev.latentween.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The recorded ratios, a file under version control. */
final class Baseline {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;

  Baseline(Path file) {
    this.file = file;
  }

  /** Records these ratios; others that are recorded stay. */
  void write(List<Ratio> ratios) throws IOException {
    ObjectNode recorded = read();
    for (Ratio ratio : ratios) {
      recorded
          .putObject(ratio.name())
          .put("ratio", rounded(ratio.ratio()))
          .put("noise", rounded(ratio.noise()));
    }
    Files.writeString(file, JSON.writeValueAsString(recorded) + "\n");
  }

  /** One line for each ratio that is worse than recorded by more than the noise. */
  List<String> worse(List<Ratio> ratios) throws IOException {
    ObjectNode recorded = read();
    List<String> lines = new ArrayList<>();
    for (Ratio ratio : ratios) {
      JsonNode before = recorded.path(ratio.name());
      double limit = before.path("ratio").asDouble() + before.path("noise").asDouble();
      if (before.isMissingNode()) {
        System.out.println(ratio.name() + " is not in " + file.getFileName());
      } else if (!(ratio.ratio() <= limit)) { // no number is worse, too
        lines.add(
            String.format(
                Locale.ROOT,
                "%s: ours / LibTorch is %.3f, recorded is %.3f +- %.3f",
                ratio.name(),
                ratio.ratio(),
                before.path("ratio").asDouble(),
                before.path("noise").asDouble()));
      }
    }
    return lines;
  }

  private ObjectNode read() throws IOException {
    return Files.exists(file) ? (ObjectNode) JSON.readTree(file.toFile()) : JSON.createObjectNode();
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
