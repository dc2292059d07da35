package dev.latentween.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Turns models to fp8. How large their activations become is measured once a model and kept in a
 * file of the user's cache folder, which may be deleted at any time.
 */
public final class Fp8 {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Consumer<String> notes;

  /**
   * @param folder for the files
   * @param notes told where a file is made, or why it cannot be
   */
  Fp8(Path folder, Consumer<String> notes) {
    this.folder = folder;
    this.notes = notes;
  }

  /** With the user's cache folder. */
  public static Fp8 ofUser(Consumer<String> notes) {
    return new Fp8(cacheFolder(System.getenv()), notes);
  }

  /** The user's: {@code $XDG_CACHE_HOME/latentween/fp8}, by default in {@code ~/.cache}. */
  static Path cacheFolder(Map<String, String> environment) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        Path.of(cache).isAbsolute() // the specification ignores others
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("latentween").resolve("fp8");
  }

  /**
   * Turns a model to fp8, before its first job. Turn several devices' one after the other: all take
   * what the first has measured.
   *
   * @param identity of the model's weights, as a file name
   * @throws IllegalArgumentException if the device or the model's widths do not do for fp8
   */
  public void turn(Model model, String identity) {
    Path file = folder.resolve(identity + ".json");
    Optional<Map<String, Float>> kept = read(file);
    if (kept.isPresent()) {
      try {
        model.useFp8(kept.get());
        return;
      } catch (IllegalArgumentException e) {
        // Another version's file. If it is the device that is wrong, the next line says so.
      }
    }
    Map<String, Float> peaks = model.fp8Peaks();
    model.useFp8(peaks);
    write(file, peaks);
  }

  /** Nothing where there is no whole file. */
  private static Optional<Map<String, Float>> read(Path file) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file)).path("peaks");
      Map<String, Float> peaks = new LinkedHashMap<>();
      json.properties().forEach(e -> peaks.put(e.getKey(), (float) e.getValue().asDouble()));
      return Optional.of(peaks);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Under its name only when it is whole. */
  private void write(Path file, Map<String, Float> peaks) {
    ObjectNode json = JSON.createObjectNode();
    json.put("about", "largest inputs of a UNet's layers, for fp8; measured again when deleted");
    ObjectNode members = json.putObject("peaks");
    peaks.forEach((name, peak) -> members.put(name, (double) peak));
    Path partial = null;
    try {
      Files.createDirectories(folder);
      partial = Files.createTempFile(folder, ".partial-", ".json");
      Files.write(partial, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      notes.accept("fp8: measured the model's activations, kept in " + file);
    } catch (IOException e) {
      if (partial != null) {
        partial.toFile().delete();
      }
      notes.accept("fp8: the model's activations are not kept, cannot write " + file);
    }
  }
}
