package dev.latentween.cli;

import dev.latentween.settings.UserError;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How many frames an engine renders at once.
 *
 * @param asked the number asked for; 0 to choose
 */
record BatchSize(int asked) {
  /** More gains nothing on an H100. */
  static final int LARGEST = 32;

  /** Beside its frames, of which one of 512x512 is 1; on an H100. */
  private static final double TIME_OF_A_BATCH = 0.3;

  /** Of one frame, to the disk and into the video. */
  private static final double TIME_TO_WRITE = 0.1;

  /**
   * Reads {@code --batch}.
   *
   * @throws UserError if it is neither auto nor a number from 1
   */
  static BatchSize parse(String option) {
    if (option.equals("auto")) {
      return new BatchSize(0);
    }
    if (!option.matches("0*[1-9]\\d{0,5}")) {
      throw new UserError("--batch is " + option + "; it must be at least 1, or auto");
    }
    return new BatchSize(Integer.parseInt(option));
  }

  boolean isAuto() {
    return asked == 0;
  }

  /**
   * The size for some frames: as asked for, or that with which they are soonest done. A batch takes
   * the time of a full one, so the last should be nearly full; each takes somewhat more than its
   * frames alone would; and what is written after the last frame is rendered is all engines' last
   * batches.
   *
   * @param limit frames that fit into every engine
   */
  int of(int frames, int limit, int engines) {
    int some = Math.max(1, frames);
    if (!isAuto()) {
      return Math.min(asked, some);
    }
    return IntStream.rangeClosed(1, Math.min(limit, some))
        .boxed()
        .min(Comparator.comparingDouble(batch -> framesOfTime(some, batch, engines)))
        .orElseThrow();
  }

  /** How long it takes, in the time of a frame. */
  private static double framesOfTime(int frames, int batch, int engines) {
    int batchesEach = ceil(frames, batch * engines);
    return batchesEach * (batch + TIME_OF_A_BATCH) + engines * batch * TIME_TO_WRITE;
  }

  /**
   * Frames of 512x512 that fit at once with a model of Stable Diffusion 1.5's size, known without
   * loading one: 2 GiB of weights, 1 GiB for decoding and the driver, 133 MiB a frame. On an H100
   * with the model loaded, 10 fit into 2046 MiB and 26 into 4094; this says 7 and 23.
   */
  static int estimate(long freeBytes) {
    return (int) Math.max(0, Math.min(LARGEST, ((freeBytes >> 20) - 3 * 1024) / 133));
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }
}
