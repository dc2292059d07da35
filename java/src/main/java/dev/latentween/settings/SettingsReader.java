package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/** Reads a settings file, as Deforum or {@link SettingsWriter} wrote it or as people do. */
public final class SettingsReader {
  private final Clock clock;
  private final LongSupplier seeds;

  /** A reader that draws seeds at random and takes the month of output folders from the clock. */
  public SettingsReader() {
    this(Clock.systemDefaultZone(), () -> ThreadLocalRandom.current().nextLong(1L << 32));
  }

  SettingsReader(Clock clock, LongSupplier seeds) {
    this.clock = clock;
    this.seeds = seeds;
  }

  /**
   * Reads a file.
   *
   * @param file the settings, in JSON
   * @param overrides settings that go before the file's, by name: JSON, or else text
   * @throws UserError where the file or a setting is wrong
   */
  public Loaded read(Path file, Map<String, String> overrides) {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(file.toString(), in, file.toAbsolutePath().getParent(), overrides);
    } catch (NoSuchFileException e) {
      throw new UserError("there is no settings file " + file, e);
    } catch (IOException e) {
      throw new UserError("cannot read settings file " + file + ": " + Reason.of(e), e);
    }
  }

  /**
   * Reads the text of a file that is called {@code source} and whose relative paths start at {@code
   * folder}.
   */
  Loaded parse(String source, InputStream text, Path folder, Map<String, String> overrides)
      throws IOException {
    Map<String, JsonNode> given = SettingsJson.object(source, text);
    Values values = new Values(new LinkedHashMap<>());
    Map<String, JsonNode> foreign = new LinkedHashMap<>();
    given.forEach((name, value) -> take(name, value, values, foreign));

    Values overriding = new Values(new LinkedHashMap<>());
    overrides.forEach((name, raw) -> take(name, override(name, raw), overriding, foreign));
    values.given().putAll(overriding.given());

    List<String> notices = new ArrayList<>();
    Settings settings = new Resolver(values, folder, clock, seeds, notices).resolve();
    notices.addAll(foreignNotices(foreign, values));
    return new Loaded(
        settings,
        notices,
        values.of(Catalogue.SEED) == -1,
        Optional.ofNullable(overrides.get(SettingsWriter.MODEL))
            .or(() -> recorded(given, SettingsWriter.MODEL)),
        recorded(given, SettingsWriter.INIT_HASH));
  }

  private static Optional<String> recorded(Map<String, JsonNode> given, String name) {
    return Optional.ofNullable(given.get(name)).flatMap(FieldType::textOf);
  }

  /** Puts a value under the setting's main name, if it is known and the value fits. */
  private static void take(
      String name, JsonNode value, Values values, Map<String, JsonNode> foreign) {
    if (DeforumOnly.isRecorded(name)) {
      return;
    }
    if (DeforumOnly.find(name).isPresent()) {
      foreign.put(name, value);
      return;
    }
    Field<?> field = Catalogue.find(name).orElseThrow(() -> unknown(name));
    if (field.aliases().contains(name) && isBlank(value)) {
      return; // Deforum saves the names that it did not use as null or empty.
    }
    field.read(name, value);
    JsonNode before = values.given().putIfAbsent(field.name(), value);
    if (before != null && !before.equals(value)) {
      throw new UserError(
          name + " is another name of " + field.name() + ", and the two differ; give one of them");
    }
  }

  private static boolean isBlank(JsonNode value) {
    return value.isNull()
        || value.isTextual() && value.textValue().isEmpty()
        || value.isContainerNode() && value.isEmpty();
  }

  private static JsonNode override(String name, String raw) {
    boolean takesText = Catalogue.find(name).map(field -> field.type().takesText()).orElse(false);
    JsonNode json = SettingsJson.value(raw);
    // -s batch_name=2077 and -s prompts=2077 mean the text, not the number.
    return takesText && json.isValueNode() && !json.isTextual() && !json.isNull()
        ? TextNode.valueOf(raw)
        : json;
  }

  private static UserError unknown(String name) {
    String hint =
        Nearest.of(name, Catalogue.names())
            .map(near -> "did you mean \"" + near + "\"?")
            .orElse("\"latentween settings\" lists those there are");
    return new UserError("unknown setting \"" + name + "\"; " + hint);
  }

  /** One notice for each reason, with the settings it goes for. */
  private static List<String> foreignNotices(Map<String, JsonNode> foreign, Values values) {
    Map<String, List<String>> byReason = new LinkedHashMap<>();
    foreign.forEach(
        (name, value) -> {
          ForeignField field = DeforumOnly.find(name).orElseThrow();
          if (field.isNeutral(value)) {
            return;
          }
          if (field.changesPicture().isEmpty()) {
            byReason.computeIfAbsent(field.why(), why -> new ArrayList<>()).add(name);
          } else if (field.changesPicture().get().test(values)) {
            throw Field.bad(name, value, field.why());
          }
        });
    return byReason.entrySet().stream()
        .map(entry -> String.join(", ", entry.getValue()) + ": " + entry.getKey())
        .toList();
  }
}
