package dev.latentween.settings;

/** How many bits the UNet's products are made of. */
public enum Precision implements Named {
  /** Deforum's name for what it does: float16 on a GPU; here float32 on the CPU. */
  AUTOCAST("autocast"),
  /** Most of them e4m3, 8 bits: faster, and other pictures by a little; compute capability 9.0. */
  FP8("fp8");

  private final String settingName;

  Precision(String settingName) {
    this.settingName = settingName;
  }

  @Override
  public String settingName() {
    return settingName;
  }
}
