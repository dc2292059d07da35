package dev.latentween.bench;

/** Finds the sensors of GPUs. */
interface Sensors {
  /**
   * Of one GPU.
   *
   * @param gpu null where there is nobody to ask
   * @param before who used it before this process did; null with {@code gpu}
   * @param missing why there is nobody to ask; null where there is
   */
  record Found(Gpu gpu, Gpu.Use before, String missing) {
    static Found missing(String why) {
      return new Found(null, null, why);
    }
  }

  /**
   * @param pciBusId as CUDA names it, for example 0000:1b:00.0; null for the CPU
   */
  Found of(String pciBusId);
}
