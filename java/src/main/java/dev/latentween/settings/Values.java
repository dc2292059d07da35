package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * The values given for settings, under the settings' main names, each already known to fit its
 * type.
 */
record Values(Map<String, JsonNode> given) {

  /** The value given, or the default; empty where that is "none". */
  <T> Optional<T> get(Field<T> field) {
    JsonNode value = given.get(field.name());
    return value == null ? field.initial() : field.read(field.name(), value);
  }

  /** The value of a setting that always has one. */
  <T> T of(Field<T> field) {
    return get(field).orElseThrow();
  }
}
