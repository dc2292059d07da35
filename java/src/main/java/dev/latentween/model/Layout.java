package dev.latentween.model;

import java.util.List;
import java.util.function.Function;

/** The two ways in which people have models on disk. */
enum Layout {
  DIFFUSERS("diffusers folder") {
    @Override
    Function<String, List<String>> names(ModelConfig config) {
      return DiffusersNames::of;
    }
  },
  LDM("single file") {
    @Override
    Function<String, List<String>> names(ModelConfig config) {
      return new LdmNames(config)::of;
    }
  };

  private final String title;

  Layout(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** From a canonical name to those a tensor may go by, the usual one first. */
  abstract Function<String, List<String>> names(ModelConfig config);
}
