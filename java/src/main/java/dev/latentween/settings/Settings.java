package dev.latentween.settings;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to render: every setting with its final value. Two equal ones give the same frames from the
 * same model.
 *
 * <p>Made by {@link SettingsReader}, so sizes are rounded, seeds drawn, paths resolved and ranges
 * kept.
 *
 * @param width pixels, a multiple of 64
 * @param height pixels, a multiple of 64
 * @param prompts the key prompts' texts in rendering order, at least one, none blank
 * @param promptKeys their keys, as many, all different; frame numbers where {@code
 *     interpolateKeyFrames}
 * @param negativePrompts one a key prompt, "" where there is none
 * @param interpolateXFrames in-between frames of each pair of key prompts, from 0
 * @param interpolateKeyFrames whether the keys' distances are those of the key frames instead
 * @param seed 0 to 2^32-1; of all noise, unless there are key seeds
 * @param keySeeds empty, or one a key prompt, each 0 to 2^32-1: all noise slerps between theirs
 * @param noiseDevice whose random numbers
 * @param sampler the sampler
 * @param steps of a whole denoising, from 1 to 1000
 * @param sigmaSchedule noise levels; compvis where the sampler uses none
 * @param scale classifier-free guidance, 1 is none
 * @param ddimEta 0 to 1; 0 for every other sampler
 * @param clipSkip 1 = the text encoder's last layer, 2 = the last but one, ...
 * @param initImage where an init image is: a file: or http(s): address; empty to start from noise
 * @param strength 0 to 1, how much of the init image stays; 0 without one
 * @param fit how the init image is brought to the frame's size
 * @param bitDepth of the frames' files: 8 or 16 bits a channel
 * @param saveSamples whether frames are kept as files; if not, there is only the video
 * @param fps frames a second of the video
 * @param outputPath the folder that holds all output
 * @param batchName a render's folder under {@code outputPath/YYYY-MM}
 * @param outdir the folder for this render's files
 * @param resumeTimestring the timestring of a render to continue, if one is named
 * @param precision of the UNet's products
 * @param compat whose faults to repeat
 */
public record Settings(
    int width,
    int height,
    List<String> prompts,
    List<Integer> promptKeys,
    List<String> negativePrompts,
    int interpolateXFrames,
    boolean interpolateKeyFrames,
    long seed,
    List<Long> keySeeds,
    NoiseDevice noiseDevice,
    Sampler sampler,
    int steps,
    SigmaSchedule sigmaSchedule,
    double scale,
    double ddimEta,
    int clipSkip,
    Optional<URI> initImage,
    double strength,
    Fit fit,
    int bitDepth,
    boolean saveSamples,
    double fps,
    String outputPath,
    String batchName,
    Path outdir,
    Optional<String> resumeTimestring,
    Precision precision,
    Compat compat) {

  public Settings {
    prompts = List.copyOf(prompts);
    promptKeys = List.copyOf(promptKeys);
    negativePrompts = List.copyOf(negativePrompts);
    keySeeds = List.copyOf(keySeeds);
  }

  /** Whether frames start from an init image. */
  public boolean useInit() {
    return initImage.isPresent();
  }

  /**
   * Sampler steps that a frame takes: the whole schedule, or its last part where an init image
   * gives the rest. In doubles and truncated as Python does it, so that 0.8 of 50 steps leaves 9
   * and not 10.
   */
  public int stepsPerFrame() {
    return (int) ((1.0 - strength) * steps);
  }

  /** The same settings with another seed, into another folder. */
  Settings with(long newSeed, Path newOutdir) {
    return new Settings(
        width,
        height,
        prompts,
        promptKeys,
        negativePrompts,
        interpolateXFrames,
        interpolateKeyFrames,
        newSeed,
        keySeeds,
        noiseDevice,
        sampler,
        steps,
        sigmaSchedule,
        scale,
        ddimEta,
        clipSkip,
        initImage,
        strength,
        fit,
        bitDepth,
        saveSamples,
        fps,
        outputPath,
        batchName,
        newOutdir,
        resumeTimestring,
        precision,
        compat);
  }

  /** The negative prompts under their prompts' keys. */
  Prompts negatives() {
    return new Prompts(promptKeys, negativePrompts);
  }

  /** The prompts with their keys. */
  Prompts positives() {
    return new Prompts(promptKeys, prompts);
  }
}
