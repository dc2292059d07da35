package dev.latentween.model;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CLIP's tokenizer: lower-cased byte-level byte-pair encoding. Ids equal those of transformers'
 * CLIPTokenizer without ftfy: composed (NFC), lower-cased letter by letter, split into
 * contractions, runs of letters, single digits and runs of other signs.
 */
public final class Tokenizer {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";

  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final BytePairs vocabulary;
  private final SpecialTokens special;
  private final int length;

  private Tokenizer(BytePairs vocabulary, SpecialTokens special, int length) {
    this.vocabulary = vocabulary;
    this.special = special;
    this.length = length;
  }

  /** From a folder with vocab.json and merges.txt, for an encoder of this size. */
  static Tokenizer load(Path folder, TextConfig text) {
    BytePairs vocabulary =
        BytePairs.load(folder.resolve(VOCAB), folder.resolve(MERGES), text.vocabSize());
    return new Tokenizer(vocabulary, SpecialTokens.load(folder, vocabulary), text.maxPositions());
  }

  /** The encoder's input: start, the prompt cut to fit, end, padding; 77 ids for SD 1.x. */
  public int[] encode(String prompt) {
    List<Integer> ids = tokenize(prompt).ids();
    int[] padded = new int[length];
    Arrays.fill(padded, special.pad());
    for (int i = 0; i < ids.size(); i++) {
      padded[i] = ids.get(i);
    }
    return padded;
  }

  /** The prompt's tokens with start and end, cut to fit, without padding. */
  public Tokens tokenize(String prompt) {
    List<Integer> text = new ArrayList<>();
    split(
        special.raw(),
        prompt,
        text,
        rest -> split(special.normalized(), normalize(rest), text, words -> encode(words, text)));
    int kept = Math.min(text.size(), Math.max(length - 2, 0));
    List<Integer> ids = new ArrayList<>();
    ids.add(special.start());
    ids.addAll(text.subList(0, kept));
    ids.add(special.end());
    return new Tokens(ids, ids.stream().map(vocabulary::piece).toList(), text.size() - kept);
  }

  /** Special tokens go to {@code ids}, what is between them to {@code between}. */
  private void split(Pattern tokens, String text, List<Integer> ids, Consumer<String> between) {
    Matcher matcher = tokens.matcher(text);
    int end = 0;
    while (matcher.find()) {
      between.accept(text.substring(end, matcher.start()));
      ids.add(vocabulary.id(matcher.group()));
      end = matcher.end();
    }
    between.accept(text.substring(end));
  }

  private void encode(String text, List<Integer> ids) {
    Matcher words = WORD.matcher(text);
    while (words.find()) {
      for (int id : vocabulary.encode(words.group(), special.unknown())) {
        ids.add(id);
      }
    }
  }

  /** A letter at a time: lower-casing a whole word would give a final sigma its other form. */
  private static String normalize(String text) {
    StringBuilder lower = new StringBuilder();
    Normalizer.normalize(text, Normalizer.Form.NFC)
        .codePoints()
        .forEach(letter -> lower.append(Character.toString(letter).toLowerCase(Locale.ROOT)));
    return lower.toString();
  }
}
