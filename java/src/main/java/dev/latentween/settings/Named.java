package dev.latentween.settings;

import java.util.Arrays;
import java.util.Optional;

/** A value of a setting that is chosen from a few: how a settings file spells it. */
public interface Named {
  /** The one of that name. */
  static <E extends Named> Optional<E> find(E[] values, String name) {
    return Arrays.stream(values).filter(one -> one.settingName().equals(name)).findFirst();
  }

  /** The name in a settings file, such as {@code euler_ancestral}. */
  String settingName();
}
