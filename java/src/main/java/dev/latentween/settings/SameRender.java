package dev.latentween.settings;

import java.util.List;
import java.util.Objects;

/** Whether two renders' settings give the same frames, so that one can continue the other. */
public final class SameRender {
  private SameRender() {}

  /**
   * Names of the settings that can change a frame and differ; none where the frames are the same.
   */
  public static List<String> differences(Settings one, Settings other) {
    return Catalogue.FIELDS.stream()
        .filter(Field::frames)
        .filter(field -> !Objects.equals(field.of().apply(one), field.of().apply(other)))
        .map(Field::name)
        .toList();
  }
}
