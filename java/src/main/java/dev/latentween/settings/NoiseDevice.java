package dev.latentween.settings;

/** Whose random numbers the noise repeats; neither needs that device. */
public enum NoiseDevice implements Named {
  /** torch on a GPU: Philox. What Deforum draws. */
  CUDA("cuda"),
  /** torch on a CPU: Mersenne Twister. */
  CPU("cpu");

  private final String settingName;

  NoiseDevice(String settingName) {
    this.settingName = settingName;
  }

  @Override
  public String settingName() {
    return settingName;
  }
}
