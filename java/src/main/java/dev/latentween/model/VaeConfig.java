package dev.latentween.model;

/**
 * The autoencoder between images and latents.
 *
 * @param blockOutChannels channels of the encoder's blocks, highest resolution first; the decoder
 *     has them in reverse
 * @param layersPerBlock residual blocks of an encoder block; a decoder block has one more
 * @param scalingFactor latents are the encoder's output times this
 */
public record VaeConfig(
    int inChannels,
    int outChannels,
    int latentChannels,
    int[] blockOutChannels,
    int layersPerBlock,
    int normGroups,
    double scalingFactor) {

  public VaeConfig {
    blockOutChannels = blockOutChannels.clone();
  }

  @Override
  public int[] blockOutChannels() {
    return blockOutChannels.clone();
  }
}
