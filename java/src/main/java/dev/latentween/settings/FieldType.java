package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What values a setting takes.
 *
 * @param name the type in one word, for the table of settings
 * @param range the values it takes, for the table of settings
 * @param expected the same in the words that finish "it must be ..."
 * @param takesText whether an override that is not JSON of another fitting kind is text
 * @param reader turns a JSON value into the setting's, or into nothing where it does not fit
 * @param writer turns the setting's value into JSON
 */
public record FieldType<T>(
    String name,
    String range,
    String expected,
    boolean takesText,
    Function<JsonNode, Optional<T>> reader,
    Function<T, JsonNode> writer) {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  static FieldType<Integer> whole(int min, int max) {
    return new FieldType<>(
        "int",
        min + ".." + max,
        "a whole number from " + min + " to " + max,
        false,
        node -> wholeNumber(node).filter(v -> v >= min && v <= max).map(Long::intValue),
        IntNode::valueOf);
  }

  /** A whole number beyond an int's reach, as seeds are. */
  static FieldType<Long> wide(long min, long max) {
    return new FieldType<>(
        "int",
        min + ".." + max,
        "a whole number from " + min + " to " + max,
        false,
        node -> wholeNumber(node).filter(v -> v >= min && v <= max),
        LongNode::valueOf);
  }

  static FieldType<Integer> oneOf(String expected, List<Integer> values) {
    return new FieldType<>(
        "int",
        values.stream().map(String::valueOf).collect(Collectors.joining(", ")),
        expected,
        false,
        node ->
            wholeNumber(node)
                .filter(v -> v == v.intValue() && values.contains(v.intValue()))
                .map(Long::intValue),
        IntNode::valueOf);
  }

  static FieldType<Double> number(double min, double max) {
    String from = plain(min);
    String to = plain(max);
    return new FieldType<>(
        "float",
        from + ".." + to,
        "a number from " + from + " to " + to,
        false,
        // NaN fails both comparisons.
        node ->
            Optional.of(node)
                .filter(JsonNode::isNumber)
                .map(JsonNode::doubleValue)
                .filter(value -> value >= min && value <= max),
        DoubleNode::valueOf);
  }

  static FieldType<Boolean> flag() {
    return new FieldType<>(
        "bool",
        "true, false",
        "true or false",
        false,
        node -> Optional.of(node).filter(JsonNode::isBoolean).map(JsonNode::booleanValue),
        BooleanNode::valueOf);
  }

  static FieldType<String> text(String range) {
    return new FieldType<>("str", range, range, true, FieldType::textOf, TextNode::valueOf);
  }

  static <E extends Named> FieldType<E> choice(E[] values) {
    String names = Arrays.stream(values).map(Named::settingName).collect(Collectors.joining(", "));
    return new FieldType<>(
        "str",
        names,
        values.length == 1 ? '"' + names + '"' : "one of " + names,
        true,
        node -> textOf(node).flatMap(text -> Named.find(values, text)),
        value -> TextNode.valueOf(value.settingName()));
  }

  /** A list of whole numbers, as many as there are prompts. */
  static FieldType<List<Long>> wholes(long min, long max) {
    return new FieldType<>(
        "list",
        "ints of " + min + ".." + max,
        "a list of whole numbers from " + min + " to " + max,
        false,
        node -> allOf(node, item -> wholeNumber(item).filter(v -> v >= min && v <= max)),
        values ->
            values.stream()
                .collect(JSON::arrayNode, (array, v) -> array.add(v), (a, b) -> a.addAll(b)));
  }

  static Optional<String> textOf(JsonNode node) {
    return Optional.of(node).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  /**
   * The number of a JSON whole number; 20.0 is one too, since Python and JavaScript write it so.
   * Beyond a long's reach it is one at its end, which no setting has in its range.
   */
  private static Optional<Long> wholeNumber(JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return Optional.of(node.longValue());
    }
    boolean whole = node.isNumber() && node.doubleValue() == Math.rint(node.doubleValue());
    return whole ? Optional.of((long) node.doubleValue()) : Optional.empty();
  }

  private static <T> Optional<List<T>> allOf(JsonNode node, Function<JsonNode, Optional<T>> read) {
    if (!node.isArray()) {
      return Optional.empty();
    }
    List<T> items = new ArrayList<>();
    for (JsonNode item : node) {
      Optional<T> value = read.apply(item);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      items.add(value.get());
    }
    return Optional.of(List.copyOf(items));
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
