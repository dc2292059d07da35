package dev.latentween.schedule;

import dev.latentween.settings.Compat;
import dev.latentween.settings.Settings;
import dev.latentween.settings.UserError;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The frames of a video, in order. It holds the key frames alone and works out the rest on demand,
 * so a plan of a million frames is as small as one of ten.
 */
public final class FramePlan {
  /** Eleven hours at 24 frames a second; beyond it lies a slip of the keyboard. */
  private static final int MAX_FRAMES = 1_000_000;

  private final Settings settings;
  private final int[] keyFrames;
  private final int firstKey;

  private FramePlan(Settings settings, int[] keyFrames, int firstKey) {
    this.settings = settings;
    this.keyFrames = keyFrames;
    this.firstKey = firstKey;
  }

  /**
   * The plan of a render.
   *
   * @throws UserError where keys do not grow from prompt to prompt although they are to space the
   *     frames, or where there would be more than a million frames
   */
  public static FramePlan of(Settings settings) {
    long[] positions =
        settings.interpolateKeyFrames() ? keyPositions(settings) : evenPositions(settings);
    int firstKey = 0;
    if (settings.interpolateKeyFrames() && settings.compat() == Compat.DSD_0_7_1) {
      firstKey = Math.max(0, positions.length - 2);
    }
    long start = positions[firstKey];
    long frames = positions[positions.length - 1] - start + 1;
    if (frames > MAX_FRAMES) {
      throw new UserError(
          "the video would have " + frames + " frames; it must have at most " + MAX_FRAMES);
    }
    int[] keyFrames =
        Arrays.stream(positions).skip(firstKey).mapToInt(p -> (int) (p - start)).toArray();
    return new FramePlan(settings, keyFrames, firstKey);
  }

  private static long[] evenPositions(Settings settings) {
    long[] positions = new long[settings.prompts().size()];
    Arrays.setAll(positions, key -> key * (settings.interpolateXFrames() + 1L));
    return positions;
  }

  private static long[] keyPositions(Settings settings) {
    List<Integer> keys = settings.promptKeys();
    for (int i = 1; i < keys.size(); i++) {
      if (keys.get(i) <= keys.get(i - 1)) {
        throw new UserError(
            "prompts has key "
                + keys.get(i)
                + " after "
                + keys.get(i - 1)
                + "; with interpolate_key_frames keys must grow");
      }
    }
    return keys.stream().mapToLong(Integer::longValue).toArray();
  }

  /** Every frame, from 0 on: a view, cheap to hold and to index. */
  public List<Frame> frames() {
    return new Frames();
  }

  /** One frame. */
  public Frame frame(int index) {
    Objects.checkIndex(index, frameCount());
    int found = Arrays.binarySearch(keyFrames, index);
    if (found >= 0) {
      return new Frame(index, firstKey + found, firstKey + found, 0);
    }
    int pair = -found - 2;
    int distance = keyFrames[pair + 1] - keyFrames[pair];
    // One division, as Deforum's j * 1/(x + 1) is: multiplying by a reciprocal rounds twice.
    double weight = (double) (index - keyFrames[pair]) / distance;
    return new Frame(index, firstKey + pair, firstKey + pair + 1, weight);
  }

  /** The frames that show one prompt alone, in order. */
  public int[] keyFrames() {
    return keyFrames.clone();
  }

  /** How many frames there are, at least 1. */
  public int frameCount() {
    return keyFrames[keyFrames.length - 1] + 1;
  }

  /**
   * Sampler steps of each frame; 0 where all that happens is that the init image is encoded and
   * decoded.
   */
  public int stepsPerFrame() {
    return settings.stepsPerFrame();
  }

  /** Width of every frame in pixels. */
  public int width() {
    return settings.width();
  }

  /** Height of every frame in pixels. */
  public int height() {
    return settings.height();
  }

  /** Length of the video in seconds. */
  public double videoSeconds() {
    return frameCount() / settings.fps();
  }

  private final class Frames extends AbstractList<Frame> implements RandomAccess {
    @Override
    public Frame get(int index) {
      return frame(index);
    }

    @Override
    public int size() {
      return frameCount();
    }
  }
}
