package dev.latentween.settings;

/** Whose faults to repeat. */
public enum Compat implements Named {
  /** Nobody's. */
  NONE("none"),
  /**
   * Those of deforum-stable-diffusion 0.7.1: negative prompts are ignored, interpolate_key_frames
   * renders the last pair alone, and plms becomes klms.
   */
  DSD_0_7_1("dsd-0.7.1");

  private final String settingName;

  Compat(String settingName) {
    this.settingName = settingName;
  }

  @Override
  public String settingName() {
    return settingName;
  }
}
