package dev.latentween.settings;

/** The noise levels a k-diffusion sampler steps through. */
public enum SigmaSchedule implements Named {
  /** Equally spaced timesteps of the model's own table, as CompVis and Deforum have them. */
  COMPVIS("compvis"),
  /** Equally spaced in sigma to the power 1/7, from Karras et al. 2022. */
  KARRAS("karras");

  private final String settingName;

  SigmaSchedule(String settingName) {
    this.settingName = settingName;
  }

  @Override
  public String settingName() {
    return settingName;
  }
}
