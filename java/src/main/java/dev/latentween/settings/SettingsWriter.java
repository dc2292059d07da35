package dev.latentween.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * Writes settings as files that {@link SettingsReader} reads back, laid out as Deforum lays them
 * out.
 */
public final class SettingsWriter {
  /** Deforum's name for the model's; a record of the run, the model is not chosen by it. */
  static final String MODEL = "model_checkpoint";

  /** Of the init image's pixels, which may change under its name. */
  static final String INIT_HASH = "init_image_sha256";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final DefaultIndenter INDENTER = new DefaultIndenter("    ", "\n");

  private static final Separators SEPARATORS =
      Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER);

  private SettingsWriter() {}

  /** The name of the file that belongs to a render's frames. */
  public static String fileName(String timestring) {
    return timestring + "_settings.txt";
  }

  /**
   * All settings of a render, with the seed and the model that were used, so that reading them
   * gives the same frames.
   *
   * @param initHash of the init image's pixels, where there is one
   */
  public static String write(
      Settings settings, String timestring, String model, Optional<String> initHash) {
    ObjectNode root = MAPPER.createObjectNode();
    Catalogue.FIELDS.forEach(field -> root.set(field.name(), field.jsonOf(settings)));
    root.put("timestring", timestring);
    root.put(MODEL, model);
    initHash.ifPresent(hash -> root.put(INIT_HASH, hash));
    return text(root);
  }

  /** A file to start from: every default, and two prompts for an example. */
  public static String starter() {
    ObjectNode root = MAPPER.createObjectNode();
    Catalogue.FIELDS.forEach(field -> root.set(field.name(), field.initialJson()));
    root.putArray(Catalogue.PROMPTS.name()).add("a city").add("a beautiful and modern city");
    root.put(Catalogue.NEG_PROMPTS.name(), "");
    return text(root);
  }

  private static String text(ObjectNode root) {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(SEPARATORS)
            .withObjectIndenter(INDENTER)
            .withArrayIndenter(INDENTER);
    try {
      return MAPPER.writer(printer).writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings are always JSON", e);
    }
  }
}
