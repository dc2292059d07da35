package dev.latentween.model;

/**
 * CLIP's text encoder.
 *
 * @param hiddenSize width of the residual stream, a multiple of {@code heads}
 * @param maxPositions tokens of a prompt, start and end included (77)
 * @param activation of the MLP
 */
public record TextConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int maxPositions,
    double layerNormEps,
    Activation activation) {

  /** Named as in {@code hidden_act}. */
  public enum Activation {
    /** x * sigmoid(1.702 x) */
    QUICK_GELU,
    /** The exact GELU, with erf. */
    GELU
  }
}
