package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One setting that counts: all there is to know about it.
 *
 * @param name its name in a settings file
 * @param aliases other names of the same thing, in other versions of Deforum
 * @param type what values it takes
 * @param initial its value where none is given; empty where that is "none", which a file writes as
 *     null
 * @param required whether there is no such value and one must be given
 * @param frames whether it can change a frame's pixels
 * @param help one sentence
 * @param of the setting's value in resolved settings
 */
public record Field<T>(
    String name,
    List<String> aliases,
    FieldType<T> type,
    Optional<T> initial,
    boolean required,
    boolean frames,
    String help,
    Function<Settings, Optional<T>> of) {

  /** A setting that is always there and can change a frame. */
  static <T> Field<T> of(
      String name, FieldType<T> type, T initial, String help, Function<Settings, T> of) {
    return new Field<>(
        name,
        List.of(),
        type,
        Optional.of(initial),
        false,
        true,
        help,
        settings -> Optional.of(of.apply(settings)));
  }

  /** A setting that may be null and can change a frame. */
  static <T> Field<T> optional(
      String name, FieldType<T> type, String help, Function<Settings, Optional<T>> of) {
    return new Field<>(name, List.of(), type, Optional.empty(), false, true, help, of);
  }

  /** The same setting, which says where frames go and not what is in them. */
  Field<T> output() {
    return new Field<>(name, aliases, type, initial, required, false, help, of);
  }

  /** The same setting, known by other names too. */
  Field<T> alias(String... names) {
    return new Field<>(name, List.of(names), type, initial, required, frames, help, of);
  }

  /** The type in a word. */
  public String typeName() {
    return type.name();
  }

  /** The values it takes. */
  public String range() {
    return type.range();
  }

  /** The value it has where none is given, as JSON. */
  public JsonNode initialJson() {
    return json(initial);
  }

  /** Its value in resolved settings, as JSON. */
  public JsonNode jsonOf(Settings settings) {
    return json(of.apply(settings));
  }

  /**
   * Reads a value, which came under the given one of the setting's names.
   *
   * @throws UserError where the value does not fit
   */
  Optional<T> read(String givenName, JsonNode value) {
    if (value.isNull() && initial.isEmpty() && !required) {
      return Optional.empty();
    }
    return Optional.of(
        type.reader()
            .apply(value)
            .orElseThrow(() -> bad(givenName, value, "it must be " + type.expected())));
  }

  static UserError bad(String name, JsonNode value, String remedy) {
    String text = value.toString();
    String shown = text.length() <= 60 ? text : text.substring(0, 57) + "...";
    return new UserError(name + " is " + shown + "; " + remedy);
  }

  private JsonNode json(Optional<T> value) {
    return value.map(type.writer()).orElse(NullNode.getInstance());
  }
}
