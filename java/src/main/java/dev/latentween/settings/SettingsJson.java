package dev.latentween.settings;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** JSON as settings have it: no key twice, nothing after the end, and errors with their place. */
final class SettingsJson {
  // Python writes NaN and Infinity. They are let in here so that the error can name the setting.
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SettingsJson() {}

  /** The members of a JSON object, in their order. */
  static Map<String, JsonNode> object(String source, InputStream text) throws IOException {
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String place =
          at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
      String reason = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new UserError(source + " is not valid JSON" + place + ": " + reason, e);
    }
    if (!root.isObject()) {
      throw new UserError(source + " must hold one JSON object: {\"prompts\": [...], ...}");
    }
    Map<String, JsonNode> members = new LinkedHashMap<>();
    root.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
    return members;
  }

  /** A value from the command line: what it says in JSON, or else the text itself. */
  static JsonNode value(String raw) {
    try {
      JsonNode node = MAPPER.readTree(raw);
      return node.isMissingNode() ? TextNode.valueOf(raw) : node;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(raw);
    }
  }
}
