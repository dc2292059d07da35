package dev.latentween.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** One part's config.json, with errors that name the file and the field. */
record ConfigJson(String source, ObjectNode json) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Far above any model, low enough that products of a few stay inside a long. */
  private static final int MAX_INT = 1 << 20;

  static ConfigJson read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      if (JSON.readTree(in) instanceof ObjectNode object) {
        return new ConfigJson(file.toString(), object);
      }
      throw new UserError(file + " is not a JSON object");
    } catch (JsonProcessingException e) {
      throw new UserError(file + " is not JSON: " + OneLine.of(e));
    } catch (NoSuchFileException e) {
      throw new UserError(file + " is missing");
    } catch (IOException e) {
      throw new UserError(file + " cannot be read: " + OneLine.of(e));
    }
  }

  static ConfigJson of(String source, String json) {
    try {
      return new ConfigJson(source, (ObjectNode) JSON.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  ConfigJson copy() {
    return new ConfigJson(source, json.deepCopy());
  }

  /** The same with fields to fall back on; null counts as absent, as it does in diffusers. */
  ConfigJson withDefault(String field, Object value) {
    if (!json.hasNonNull(field)) {
      json.set(field, JSON.valueToTree(value));
    }
    return this;
  }

  boolean has(String field) {
    return json.hasNonNull(field);
  }

  int integer(String field) {
    return integer(field, required(field));
  }

  double number(String field) {
    JsonNode value = required(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw bad(field, value + " is not a number");
    }
    return value.doubleValue();
  }

  double positiveNumber(String field) {
    double value = number(field);
    if (value <= 0) {
      throw bad(field, value + " is not positive");
    }
    return value;
  }

  boolean flag(String field) {
    JsonNode value = required(field);
    if (!value.isBoolean()) {
      throw bad(field, value + " is not true or false");
    }
    return value.booleanValue();
  }

  /** A list of integers, or one integer that stands for every block. */
  int[] integers(String field, int count) {
    JsonNode value = required(field);
    if (!value.isArray()) {
      int same = integer(field, value);
      return IntStream.generate(() -> same).limit(count).toArray();
    }
    checkCount(field, value, count);
    return IntStream.range(0, count).map(i -> integer(field, value.get(i))).toArray();
  }

  List<String> texts(String field, int count) {
    JsonNode value = required(field);
    checkCount(field, value, count);
    return IntStream.range(0, count).mapToObj(i -> value.get(i).asText()).toList();
  }

  int blocks(String field) {
    JsonNode value = required(field);
    if (!value.isArray() || value.isEmpty() || value.size() > 16) {
      throw bad(field, value + " is not a list of 1 to 16 blocks");
    }
    return value.size();
  }

  <E extends Enum<E>> E choice(String field, Class<E> type) {
    String value = required(field).asText();
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(value))
        .findFirst()
        .orElseThrow(() -> bad(field, "'" + value + "' is not supported, only " + names(type)));
  }

  /** A field that would change the computation: absent, null, or one of these values. */
  void only(String field, Object... accepted) {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    for (JsonNode each : value.isArray() ? value : List.of(value)) {
      if (Arrays.stream(accepted).noneMatch(one -> same(each, one))) {
        String instead = accepted.length == 0 ? "null" : String.valueOf(accepted[0]);
        throw bad(field, value + " is not supported, only " + instead);
      }
    }
  }

  UserError bad(String field, String what) {
    return new UserError(source + ": " + field + ": " + OneLine.of(what));
  }

  private JsonNode required(String field) {
    if (!json.hasNonNull(field)) {
      throw bad(field, "is missing");
    }
    return json.get(field);
  }

  private int integer(String field, JsonNode value) {
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > MAX_INT) {
      throw bad(field, value + " is not an integer from 1 to " + MAX_INT);
    }
    return value.intValue();
  }

  private void checkCount(String field, JsonNode value, int count) {
    if (!value.isArray() || value.size() != count) {
      throw bad(field, value + " is not a list of " + count + ", one a block");
    }
  }

  private static boolean same(JsonNode value, Object accepted) {
    return accepted instanceof Number number
        ? value.isNumber() && value.doubleValue() == number.doubleValue()
        : value.asText().equals(accepted.toString());
  }

  private static String names(Class<? extends Enum<?>> type) {
    return String.join(
        " and ",
        Arrays.stream(type.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .toList());
  }
}
