package dev.latentween.cli;

import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The frames still to be rendered, for all engines to take from; what they return goes to the
 * output in the frames' order. For any number of threads.
 */
final class FrameQueue {
  /**
   * Frames for an engine to render, and the room for them.
   *
   * @param begin the first frame's place among those to be rendered
   */
  record Batch(int begin, List<Frame> frames, ByteBuffer pixels, int frameBytes) {
    /** The part of the room that is for the frames from {@code from} to before {@code to}. */
    ByteBuffer room(int from, int to) {
      return pixels.slice(from * frameBytes, (to - from) * frameBytes);
    }
  }

  private final List<Frame> missing;
  private final FrameOutput output;
  private final Progress progress;

  /** Room is given out in the frames' order, so the batch that the output waits for has its own. */
  private final ReentrantLock taking = new ReentrantLock();

  private int taken;
  private final Map<Integer, Batch> early = new HashMap<>();
  private int written;

  /**
   * A queue of the frames that are not there yet.
   *
   * @param output that takes {@code kept} frames from the disk
   */
  FrameQueue(FramePlan plan, BitSet kept, FrameOutput output, Progress progress) {
    missing = plan.frames().stream().filter(frame -> !kept.get(frame.index())).toList();
    this.output = output;
    this.progress = progress;
  }

  /** The next frames, at most so many; waits for room; null when none are left. */
  Batch take(int most) {
    taking.lock();
    try {
      return taken == missing.size() ? null : batch(most, output.takeBuffer());
    } finally {
      taking.unlock();
    }
  }

  /**
   * The same without waiting; null also when there is no room now. Who has frames under way must
   * not wait: others may be waiting for those.
   */
  Batch poll(int most) {
    if (!taking.tryLock()) {
      return null;
    }
    try {
      ByteBuffer room = taken == missing.size() ? null : output.pollBuffer();
      return room == null ? null : batch(most, room);
    } finally {
      taking.unlock();
    }
  }

  private Batch batch(int most, ByteBuffer room) {
    int begin = taken;
    taken = Math.min(begin + most, missing.size());
    return new Batch(begin, missing.subList(begin, taken), room, output.frameBytes());
  }

  /** Hands in a batch that was rendered. */
  synchronized void rendered(Batch batch) {
    early.put(batch.begin(), batch);
    for (Batch next; (next = early.remove(written)) != null; ) {
      output.write(next.frames(), next.pixels());
      written += next.frames().size();
      progress.rendered(missing.get(written - 1), next.frames().size());
    }
  }
}
