package dev.latentween.engine;

import dev.latentween.schedule.Frame;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Renders frames in batches that are submitted and then collected in the same order; two may be on
 * their way.
 */
public interface FrameRenderer extends AutoCloseable {
  /**
   * Hands over a batch of frames. Waits first while two batches are submitted and not collected, so
   * a thread that does both must collect before its third.
   *
   * @throws EngineException with code CANCELLED after {@link #cancel}
   */
  void submit(List<Frame> frames);

  /**
   * Waits for the oldest submitted batch and writes its frames, one behind the other, into a direct
   * buffer from its start. A frame's pixels depend on the settings and the frame alone, never on
   * what else is in the batch.
   *
   * @throws IllegalStateException if no submitted batch is left to collect
   * @throws EngineException with code CANCELLED after {@link #cancel}, NOT_FINITE for a picture
   *     with NaN
   */
  void collect(ByteBuffer pixels);

  /** From any thread: batches under way end after the evaluation they are in. */
  void cancel();

  @Override
  void close();
}
