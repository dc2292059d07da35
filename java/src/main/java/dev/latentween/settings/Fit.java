package dev.latentween.settings;

/** How an init image of another shape is brought to the frame's size. */
public enum Fit implements Named {
  /** Scale each side by itself, as Deforum does; the picture is squeezed. */
  STRETCH("stretch"),
  /** Scale to cover the frame and cut what hangs over, equally on both sides. */
  CROP("crop"),
  /** Scale to fit inside the frame and fill the rest. */
  PAD("pad");

  private final String settingName;

  Fit(String settingName) {
    this.settingName = settingName;
  }

  @Override
  public String settingName() {
    return settingName;
  }
}
