package dev.latentween.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** CLIP's byte-level vocabulary and its merges: from a word to ids. */
final class BytePairs {
  private static final String WORD_END = "</w>";
  private static final char[] SYMBOL_OF_BYTE = symbolOfByte();

  private record Merge(int rank, int id) {}

  private final Map<String, Integer> ids;
  private final String[] pieces;

  private final Map<Long, Merge> merges = new HashMap<>();

  private BytePairs(Map<String, Integer> ids, String[] pieces) {
    this.ids = ids;
    this.pieces = pieces;
  }

  /**
   * Reads both files and checks that they belong together.
   *
   * @param size rows of the text encoder's token embedding, above every id
   */
  static BytePairs load(Path vocabFile, Path mergesFile, int size) {
    BytePairs pairs = vocabulary(vocabFile, size);
    List<String> lines;
    try {
      lines = Files.readAllLines(mergesFile, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw bad(mergesFile, "cannot be read as UTF-8 text");
    } catch (IOException e) {
      throw bad(mergesFile, "cannot be read: " + OneLine.of(e));
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("#version") || line.isBlank()) {
        continue;
      }
      int space = line.indexOf(' ');
      if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
        throw bad(mergesFile, "line " + (i + 1) + ": not two symbols");
      }
      String left = line.substring(0, space);
      String right = line.substring(space + 1);
      int id = pairs.known(left + right, mergesFile, i + 1);
      pairs.merges.putIfAbsent(
          pairs.key(pairs.known(left, mergesFile, i + 1), pairs.known(right, mergesFile, i + 1)),
          new Merge(i, id));
    }
    return pairs;
  }

  private static BytePairs vocabulary(Path file, int size) {
    Map<String, Integer> ids = new HashMap<>();
    String[] pieces = new String[size];
    for (Map.Entry<String, JsonNode> entry : ConfigJson.read(file).json().properties()) {
      int id = entry.getValue().isInt() ? entry.getValue().intValue() : -1;
      if (id < 0 || id >= size) {
        throw bad(
            file,
            "'%s' has id %s, the text encoder has 0 to %d"
                .formatted(entry.getKey(), entry.getValue(), size - 1));
      }
      if (pieces[id] != null) {
        throw bad(
            file, "'%s' and '%s' have the same id %d".formatted(pieces[id], entry.getKey(), id));
      }
      pieces[id] = entry.getKey();
      ids.put(entry.getKey(), id);
    }
    return new BytePairs(ids, pieces);
  }

  private int known(String piece, Path mergesFile, int line) {
    Integer id = ids.get(piece);
    if (id == null) {
      throw bad(mergesFile, "line " + line + ": '" + piece + "' is not in vocab.json");
    }
    return id;
  }

  /** Null if the vocabulary does not have the piece. */
  Integer id(String piece) {
    return ids.get(piece);
  }

  String piece(int id) {
    return pieces[id];
  }

  /**
   * The ids of one word. Symbols outside the vocabulary become {@code unknown}. Each pass merges
   * the pair of the lowest rank wherever it occurs, so a long word takes as many passes as it has
   * different merges, not as it has letters.
   */
  int[] encode(String word, int unknown) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int[] symbols = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      String symbol = String.valueOf(SYMBOL_OF_BYTE[bytes[i] & 0xff]);
      symbols[i] = ids.getOrDefault(i == bytes.length - 1 ? symbol + WORD_END : symbol, unknown);
    }
    int count = symbols.length;
    while (true) {
      Merge best = null;
      long bestKey = 0;
      for (int i = 0; i + 1 < count; i++) {
        Merge merge = merges.get(key(symbols[i], symbols[i + 1]));
        if (merge != null && (best == null || merge.rank < best.rank)) {
          best = merge;
          bestKey = key(symbols[i], symbols[i + 1]);
        }
      }
      if (best == null) {
        return Arrays.copyOf(symbols, count);
      }
      int kept = 0;
      for (int i = 0; i < count; i++) {
        boolean pair = i + 1 < count && key(symbols[i], symbols[i + 1]) == bestKey;
        symbols[kept++] = pair ? best.id : symbols[i];
        i += pair ? 1 : 0;
      }
      count = kept;
    }
  }

  private static UserError bad(Path file, String what) {
    return new UserError(file + ": " + OneLine.of(what));
  }

  /** One number for both halves. */
  private long key(int left, int right) {
    return (long) left * pieces.length + right;
  }

  /** Printable Latin-1 stands for itself; the other 68 bytes for U+0100 and on, in order. */
  private static char[] symbolOfByte() {
    char[] symbols = new char[256];
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      symbols[b] = printable ? (char) b : next++;
    }
    return symbols;
  }
}
