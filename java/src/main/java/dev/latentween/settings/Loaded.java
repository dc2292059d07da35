package dev.latentween.settings;

import java.util.List;
import java.util.Optional;

/**
 * Settings as they were read.
 *
 * @param settings the settings
 * @param notices what to tell the user, each one line
 * @param seedDrawn whether no seed was given and one was drawn
 * @param modelCheckpoint the model that the frames of these settings were made with, if they say
 * @param initHash of the init image's pixels that they were made with, if they say
 */
public record Loaded(
    Settings settings,
    List<String> notices,
    boolean seedDrawn,
    Optional<String> modelCheckpoint,
    Optional<String> initHash) {
  public Loaded {
    notices = List.copyOf(notices);
  }
}
