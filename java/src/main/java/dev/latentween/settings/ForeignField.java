package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A setting of Deforum's that does nothing here.
 *
 * @param name its name in a settings file
 * @param neutral its default in Deforum, or else the value that makes nothing of it
 * @param why what to tell whoever sets another value
 * @param changesPicture whether, beside the other settings, another value changes Deforum's
 *     picture, which is an error; absent where it never does, which is worth a notice
 */
record ForeignField(
    String name, JsonNode neutral, String why, Optional<Predicate<Values>> changesPicture) {

  /** Whether the value is the neutral one; 7 and 7.0 are the same. */
  boolean isNeutral(JsonNode value) {
    return value.isNumber() && neutral.isNumber()
        ? value.doubleValue() == neutral.doubleValue()
        : value.equals(neutral);
  }
}
