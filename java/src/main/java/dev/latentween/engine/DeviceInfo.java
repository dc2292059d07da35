package dev.latentween.engine;

/**
 * A GPU.
 *
 * @param ordinal as CUDA numbers it: {@code cuda:0} is 0
 * @param capability 90 for compute capability 9.0
 * @param freeBytes of its memory now; 0 when it is not usable
 * @param problem why it cannot be used and what to do; empty when it can
 */
public record DeviceInfo(
    int ordinal,
    String name,
    String pciBusId,
    int capability,
    int multiprocessors,
    long totalBytes,
    long freeBytes,
    String problem) {

  public boolean usable() {
    return problem.isEmpty();
  }

  /** The name that {@link Engine#open} takes. */
  public String device() {
    return "cuda:" + ordinal;
  }
}
