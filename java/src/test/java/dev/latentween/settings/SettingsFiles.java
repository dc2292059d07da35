package dev.latentween.settings;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Settings read from text, with a drawn seed of 1234 and in February 2023. */
public final class SettingsFiles {
  public static final long DRAWN = 1234;

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2023-02-17T12:00:00Z"), ZoneOffset.UTC);

  private SettingsFiles() {}

  /** Reads settings whose relative paths start at a folder. */
  static Loaded load(String json, Path folder, Map<String, String> overrides) {
    InputStream text = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    try {
      return new SettingsReader(CLOCK, () -> DRAWN).parse("test.json", text, folder, overrides);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Loaded load(String json) {
    return load(json, Path.of("/nowhere"), Map.of());
  }

  /** Settings with two prompts and what else is given: the members of a JSON object. */
  static Loaded with(String members) {
    return load("{\"prompts\": [\"a\", \"b\"], " + members + "}");
  }

  /** The settings of a text. */
  public static Settings settings(String json) {
    return load(json).settings();
  }
}
