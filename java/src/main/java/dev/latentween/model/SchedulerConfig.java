package dev.latentween.model;

/** The noise schedule the model was trained with. */
public record SchedulerConfig(
    double betaStart,
    double betaEnd,
    BetaSchedule betaSchedule,
    int trainTimesteps,
    PredictionType predictionType) {

  /** Named as in {@code beta_schedule}. */
  public enum BetaSchedule {
    LINEAR,
    /** Linear in the square root. */
    SCALED_LINEAR
  }

  /** What the UNet predicts, named as in {@code prediction_type}. */
  public enum PredictionType {
    EPSILON,
    V_PREDICTION
  }
}
