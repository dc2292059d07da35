package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Texts by key, in the order written, which is the order rendered.
 *
 * @param keys whole numbers, all different; 0, 1, 2 ... where the file gave a list, 0 where it gave
 *     one text
 * @param texts as many texts as there are keys, at least one
 */
public record Prompts(List<Integer> keys, List<String> texts) {
  public Prompts {
    keys = List.copyOf(keys);
    texts = List.copyOf(texts);
  }

  /** One text under key 0. */
  static Prompts of(String text) {
    return new Prompts(List.of(0), List.of(text));
  }

  /** The type of a setting that takes texts; blank ones, too, where that makes sense. */
  static FieldType<Prompts> type(boolean blankAllowed) {
    return new FieldType<>(
        "texts",
        "text, list or map",
        "a text, a list of texts or a map of whole numbers to texts"
            + (blankAllowed ? "" : ", with none left empty"),
        true,
        node -> read(node).filter(p -> blankAllowed || p.texts.stream().noneMatch(String::isBlank)),
        Prompts::write);
  }

  private static Optional<Prompts> read(JsonNode node) {
    if (node.isTextual()) {
      return Optional.of(of(node.textValue()));
    }
    Map<Integer, String> byKey = new LinkedHashMap<>();
    try {
      if (node.isArray()) {
        for (JsonNode item : node) {
          FieldType.textOf(item).ifPresent(text -> byKey.put(byKey.size(), text));
        }
      } else {
        node.properties()
            .forEach(
                entry ->
                    FieldType.textOf(entry.getValue())
                        .ifPresent(
                            text -> byKey.put(Integer.valueOf(entry.getKey().strip()), text)));
      }
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
    // Fewer than were written: one was no text, or two keys were the same number.
    return byKey.isEmpty() || byKey.size() != node.size()
        ? Optional.empty()
        : Optional.of(
            new Prompts(new ArrayList<>(byKey.keySet()), new ArrayList<>(byKey.values())));
  }

  private JsonNode write() {
    if (keys.equals(List.of(0))) {
      return JsonNodeFactory.instance.textNode(texts.get(0));
    }
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < keys.size(); i++) {
      object.put(String.valueOf(keys.get(i)), texts.get(i));
    }
    return object;
  }
}
