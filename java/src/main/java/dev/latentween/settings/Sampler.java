package dev.latentween.settings;

/**
 * The samplers, by Deforum's names and, for people who come from there, those of the A1111 web UI.
 */
public enum Sampler implements Named {
  KLMS("klms", "LMS"),
  DPM2("dpm2", "DPM2"),
  DPM2_ANCESTRAL("dpm2_ancestral", "DPM2 a"),
  HEUN("heun", "Heun"),
  EULER("euler", "Euler"),
  EULER_ANCESTRAL("euler_ancestral", "Euler a"),
  DPM_FAST("dpm_fast", "DPM fast"),
  DPM_ADAPTIVE("dpm_adaptive", "DPM adaptive"),
  DPMPP_2S_A("dpmpp_2s_a", "DPM++ 2S a"),
  DPMPP_2M("dpmpp_2m", "DPM++ 2M"),
  DDIM("ddim", "DDIM"),
  PLMS("plms", "PLMS");

  private final String settingName;
  private final String displayName;

  Sampler(String settingName, String displayName) {
    this.settingName = settingName;
    this.displayName = displayName;
  }

  @Override
  public String settingName() {
    return settingName;
  }

  /** The name the A1111 web UI shows, such as "Euler a". */
  public String displayName() {
    return displayName;
  }

  /** Whether the sampler walks a table of sigmas; the other two walk a table of timesteps. */
  public boolean usesSigmas() {
    return this != DDIM && this != PLMS;
  }
}
