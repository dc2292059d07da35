package dev.latentween.model;

import java.util.List;

/**
 * A prompt as the text encoder sees it, before padding.
 *
 * @param ids with start and end
 * @param pieces the vocabulary's entry for each id; {@code </w>} marks a word's end
 * @param dropped how many more the prompt had
 */
public record Tokens(List<Integer> ids, List<String> pieces, int dropped) {
  public Tokens {
    ids = List.copyOf(ids);
    pieces = List.copyOf(pieces);
  }

  /** Whether the prompt was longer than the encoder takes. */
  public boolean cut() {
    return dropped > 0;
  }
}
