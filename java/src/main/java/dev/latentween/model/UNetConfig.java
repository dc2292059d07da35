package dev.latentween.model;

/**
 * The denoising network. Arrays have one element a block; up blocks are listed in the order they
 * run, from the lowest resolution, as in diffusers.
 *
 * @param blockOutChannels channels of the down blocks, highest resolution first
 * @param downAttention whether a down block has cross-attention
 * @param upAttention the same for up blocks
 * @param layersPerBlock residual blocks of a down block; an up block has one more
 * @param heads attention heads of each down block; up blocks have them in reverse, the middle block
 *     the last
 * @param crossAttentionDim width of the text encoder's states
 * @param useLinearProjection whether transformers' proj_in and proj_out are linear [C, C] or
 *     convolutions [C, C, 1, 1]
 * @param flipSinToCos whether the time embedding's cosines come first
 * @param freqShift subtracted from half its width in the time embedding's exponent
 */
public record UNetConfig(
    int inChannels,
    int outChannels,
    int[] blockOutChannels,
    boolean[] downAttention,
    boolean[] upAttention,
    int layersPerBlock,
    int[] heads,
    int crossAttentionDim,
    int normGroups,
    double normEps,
    boolean useLinearProjection,
    boolean flipSinToCos,
    double freqShift) {

  public UNetConfig {
    blockOutChannels = blockOutChannels.clone();
    downAttention = downAttention.clone();
    upAttention = upAttention.clone();
    heads = heads.clone();
  }

  @Override
  public int[] blockOutChannels() {
    return blockOutChannels.clone();
  }

  @Override
  public boolean[] downAttention() {
    return downAttention.clone();
  }

  @Override
  public boolean[] upAttention() {
    return upAttention.clone();
  }

  @Override
  public int[] heads() {
    return heads.clone();
  }
}
