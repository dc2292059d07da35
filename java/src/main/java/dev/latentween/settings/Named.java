package dev.latentween.settings;

/** A value of a setting that is chosen from a few: how a settings file spells it. */
public interface Named {
  /** The name in a settings file, such as {@code euler_ancestral}. */
  String settingName();
}
