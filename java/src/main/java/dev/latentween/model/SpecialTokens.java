package dev.latentween.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.latentween.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tokens that are not text, and how a prompt that spells one out is searched for them: most
 * before the text is normalised, those marked {@code normalized} after it.
 */
record SpecialTokens(int start, int end, int pad, int unknown, Pattern raw, Pattern normalized) {
  private static final String START = "<|startoftext|>";
  private static final String END = "<|endoftext|>";

  static SpecialTokens load(Path folder, BytePairs vocabulary) {
    Reader reader = new Reader(folder, vocabulary);
    int start = reader.id("bos_token", START);
    int end = reader.id("eos_token", END);
    int unknown = reader.id("unk_token", END);
    int pad = reader.id("pad_token", END);
    reader.normalized.removeAll(reader.raw);
    return new SpecialTokens(start, end, pad, unknown, anyOf(reader.raw), anyOf(reader.normalized));
  }

  private static Pattern anyOf(Set<String> tokens) {
    String alternatives =
        tokens.stream()
            .sorted((a, b) -> b.length() - a.length())
            .map(Pattern::quote)
            .collect(Collectors.joining("|"));
    return Pattern.compile(tokens.isEmpty() ? "(?!)" : alternatives);
  }

  private static final class Reader {
    final Set<String> raw = new LinkedHashSet<>();
    final Set<String> normalized = new LinkedHashSet<>();
    private final Path folder;
    private final BytePairs vocabulary;
    private final List<JsonNode> configs = new ArrayList<>();

    Reader(Path folder, BytePairs vocabulary) {
      this.folder = folder;
      this.vocabulary = vocabulary;
      // Older saves have the tokens in the second file only.
      for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
        if (Files.isRegularFile(folder.resolve(name))) {
          configs.add(ConfigJson.read(folder.resolve(name)).json());
        }
      }
    }

    /** A token is written as text or as an object with its text in {@code content}. */
    int id(String field, String otherwise) {
      JsonNode token =
          configs.stream()
              .filter(config -> config.hasNonNull(field))
              .map(config -> config.get(field))
              .findFirst()
              .orElse(null);
      String content = otherwise;
      boolean afterNormalising = false;
      if (token != null) {
        content = token.isObject() ? token.path("content").asText() : token.asText();
        afterNormalising = token.path("normalized").asBoolean();
      }
      Integer id = vocabulary.id(content);
      if (id == null) {
        String what = "lacks the " + field + " '" + content + "'";
        throw new UserError(folder.resolve(Tokenizer.VOCAB) + ": " + OneLine.of(what));
      }
      (afterNormalising ? normalized : raw).add(content);
      return id;
    }
  }
}
