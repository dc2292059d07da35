package dev.latentween.model;

import java.util.ArrayList;
import java.util.List;

/** Canonical names to those that diffusers folders have had over the years. */
final class DiffusersNames {
  private static final String TEXT_PREFIX = "text_encoder.text_model.";
  private static final String[][] OLD_ATTENTION = {
    {".to_q.", ".query."}, {".to_k.", ".key."}, {".to_v.", ".value."}, {".to_out.0.", ".proj_attn."}
  };

  private DiffusersNames() {}

  /** The names a canonical tensor may go by, the usual one first. */
  static List<String> of(String canonical) {
    List<String> names = new ArrayList<>(List.of(canonical));
    if (canonical.startsWith(TEXT_PREFIX)) {
      names.add("text_encoder." + canonical.substring(TEXT_PREFIX.length()));
    } else if (canonical.startsWith("vae.")) {
      String old = canonical;
      for (String[] pair : OLD_ATTENTION) {
        old = old.replace(pair[0], pair[1]);
      }
      names.add(old);
    }
    return names;
  }
}
