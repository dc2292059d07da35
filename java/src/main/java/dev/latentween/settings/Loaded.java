package dev.latentween.settings;

import java.util.List;

/**
 * Settings as they were read.
 *
 * @param settings the settings
 * @param notices what to tell the user, each one line
 * @param seedDrawn whether no seed was given and one was drawn
 */
public record Loaded(Settings settings, List<String> notices, boolean seedDrawn) {
  public Loaded {
    notices = List.copyOf(notices);
  }
}
