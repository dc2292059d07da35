package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_frame;
import dev.latentween.engine.internal.ltw_job;
import dev.latentween.engine.internal.ltw_render_config;
import dev.latentween.engine.internal.ltw_render_stats;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * One render: what its frames share is computed when it is made, the frames themselves in batches.
 * Two batches may be on their way, so that one is sampled while the one before is decoded. One
 * thread may submit while another collects; {@link #cancel} may come from any.
 */
public final class RenderJob implements FrameRenderer {
  private final Handle<ltw_job> handle;
  private final long frameBytes;

  private RenderJob(ltw_job pointer, long frameBytes) {
    handle = new Handle<>(this, pointer, LatentweenC::ltw_job_destroy, "render job");
    this.frameBytes = frameBytes;
  }

  /**
   * Encodes the prompts and the init picture, and plans memory for the frames' size.
   *
   * @param tokenIds from a prompt to the text encoder's input
   * @param batch frames submitted at once at most, from 1
   * @param initRgb the init picture, width x height x 3 bytes in a direct buffer; null for none
   * @throws EngineException if memory does not suffice
   */
  @SuppressWarnings("try") // the scope frees what is made inside it
  public static RenderJob create(
      Model model,
      Function<String, int[]> tokenIds,
      Settings settings,
      int batch,
      ByteBuffer initRgb) {
    try (PointerScope scope = new PointerScope()) {
      ltw_job pointer = new ltw_job();
      Native.check(
          LatentweenC.ltw_job_create(
              model.pointer(), config(tokenIds, settings, batch, initRgb), pointer));
      return new RenderJob(
          pointer, 3L * settings.width() * settings.height() * settings.bitDepth() / 8);
    }
  }

  /**
   * The largest batch of at most {@code limit} frames for which the memory that is free now
   * suffices and that is of use; 0 if not one frame fits. Parameters as in {@link #create}.
   */
  @SuppressWarnings("try") // the scope frees what is made inside it
  public static int largestBatch(
      Model model,
      Function<String, int[]> tokenIds,
      Settings settings,
      int limit,
      ByteBuffer initRgb) {
    try (PointerScope scope = new PointerScope()) {
      int[] batch = new int[1];
      Native.check(
          LatentweenC.ltw_largest_batch(
              model.pointer(), config(tokenIds, settings, limit, initRgb), limit, batch));
      return batch[0];
    }
  }

  private static ltw_render_config config(
      Function<String, int[]> tokenIds, Settings settings, int batch, ByteBuffer initRgb) {
    return new ltw_render_config()
        .width(settings.width())
        .height(settings.height())
        .sampler(NativeEnums.of(settings.sampler()))
        .sigma_schedule(NativeEnums.of(settings.sigmaSchedule()))
        .steps(settings.steps())
        .run_steps(settings.stepsPerFrame())
        .guidance_scale(settings.scale())
        .ddim_eta(settings.ddimEta())
        .generator(NativeEnums.of(settings.noiseDevice()))
        .clip_skip(settings.clipSkip())
        .bits(settings.bitDepth())
        .batch(batch)
        .key_count(settings.prompts().size())
        .prompt_ids(ids(tokenIds, settings.prompts()))
        .negative_ids(ids(tokenIds, settings.negativePrompts()))
        .seeds(new LongPointer(seeds(settings)))
        .init_rgb(initRgb == null ? null : new BytePointer(initRgb));
  }

  private static IntPointer ids(Function<String, int[]> tokenIds, List<String> prompts) {
    return new IntPointer(prompts.stream().map(tokenIds).flatMapToInt(Arrays::stream).toArray());
  }

  private static long[] seeds(Settings settings) {
    if (!settings.keySeeds().isEmpty()) {
      return settings.keySeeds().stream().mapToLong(Long::longValue).toArray();
    }
    long[] seeds = new long[settings.prompts().size()];
    Arrays.fill(seeds, settings.seed());
    return seeds;
  }

  /** Bytes of one frame: RGB, row after row, one or two bytes a value (little-endian). */
  public long frameBytes() {
    return frameBytes;
  }

  @Override
  @SuppressWarnings("try") // the scope frees what is made inside it
  public void submit(List<Frame> frames) {
    try (PointerScope scope = new PointerScope()) {
      ltw_frame specs = new ltw_frame(frames.size());
      for (int i = 0; i < frames.size(); i++) {
        Frame frame = frames.get(i);
        specs.getPointer(i).from_key(frame.fromKey()).to_key(frame.toKey()).weight(frame.weight());
      }
      Native.check(LatentweenC.ltw_job_submit(handle.get(), specs, frames.size()));
    }
  }

  @Override
  @SuppressWarnings("try") // the scope frees what is made inside it
  public void collect(ByteBuffer pixels) {
    if (!pixels.isDirect()) {
      throw new IllegalArgumentException("pixels: a direct buffer is needed");
    }
    try (PointerScope scope = new PointerScope()) {
      Pointer target = new Pointer(pixels.duplicate().clear());
      Native.check(LatentweenC.ltw_job_collect(handle.get(), target, pixels.capacity()));
    }
  }

  /** {@link #submit} and {@link #collect} of one batch. */
  public void render(List<Frame> frames, ByteBuffer pixels) {
    if (pixels.capacity() < frames.size() * frameBytes) {
      throw new IllegalArgumentException(
          "pixels: room for " + frames.size() + " frames of " + frameBytes + " bytes is needed");
    }
    submit(frames);
    collect(pixels);
  }

  /**
   * Of the batches collected so far, in seconds of the device: what runs at the same time counts in
   * each.
   *
   * @param sampling noise to latents: UNet and sampler
   * @param decoding latents to pixels
   * @param copying pixels to the host's memory
   */
  public record Stats(long frames, double sampling, double decoding, double copying) {}

  /** From any thread. */
  public Stats stats() {
    try (ltw_render_stats stats = new ltw_render_stats()) {
      Native.check(LatentweenC.ltw_job_stats(handle.get(), stats));
      return new Stats(
          stats.frames(),
          stats.sampling_seconds(),
          stats.decoding_seconds(),
          stats.copying_seconds());
    }
  }

  @Override
  public void cancel() {
    LatentweenC.ltw_job_cancel(handle.get());
  }

  @Override
  public void close() {
    handle.close();
  }
}
