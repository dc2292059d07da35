package dev.latentween.cli;

import dev.latentween.schedule.Frame;
import dev.latentween.settings.Reason;
import dev.latentween.settings.Settings;
import dev.latentween.settings.UserError;
import dev.latentween.video.A1111Parameters;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.FrameWriter;
import dev.latentween.video.VideoSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Takes batches of frames in the video's order and writes them to files and video on threads of its
 * own, while others are rendered. A few batch buffers go round, so memory does not depend on the
 * number of frames.
 */
final class FrameOutput implements AutoCloseable {
  /** A PNG of 512x512 takes a core 8 to 17 ms; several GPUs make a frame in less. */
  private static final int WRITERS =
      Math.min(8, Math.max(2, Runtime.getRuntime().availableProcessors() / 2));

  private final Settings settings;
  private final FrameFiles files;
  private final String modelName;
  private final VideoSink sink;
  private final FrameWriter writer;
  private final ByteBuffer rgb8;
  private final BlockingQueue<ByteBuffer> free;
  private int next;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread worker = new Thread(work, "frame-output");
            worker.setDaemon(true);
            return worker;
          });
  private volatile RuntimeException failure;

  /**
   * Starts the threads.
   *
   * @param batch frames that a buffer has room for
   * @throws UserError if memory does not suffice for the buffers
   */
  FrameOutput(
      Settings settings,
      FrameFiles files,
      String modelName,
      VideoSink sink,
      int batch,
      int buffers) {
    this.settings = settings;
    this.files = files;
    this.modelName = modelName;
    this.sink = sink;
    rgb8 = ByteBuffer.allocateDirect(3 * files.width() * files.height());
    free = new ArrayBlockingQueue<>(buffers);
    try {
      for (int i = 0; i < buffers; i++) {
        free.add(
            ByteBuffer.allocateDirect(Math.multiplyExact(batch, files.frameBytes()))
                .order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (ArithmeticException | OutOfMemoryError e) {
      throw new UserError(
          "no memory for %d batches of %d frames; name a smaller --batch".formatted(buffers, batch),
          4,
          e);
    }
    writer = settings.saveSamples() ? new FrameWriter(files, WRITERS) : null;
  }

  /**
   * A buffer for the next batch; waits until one is free.
   *
   * @throws UserError if an earlier frame could not be written
   */
  ByteBuffer takeBuffer() {
    try {
      ByteBuffer buffer = free.take();
      tellFailure();
      return buffer.clear();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * The same without waiting; null if none is free.
   *
   * @throws UserError if an earlier frame could not be written
   */
  ByteBuffer pollBuffer() {
    tellFailure();
    ByteBuffer buffer = free.poll();
    return buffer == null ? null : buffer.clear();
  }

  int frameBytes() {
    return files.frameBytes();
  }

  /**
   * Writes frames that were rendered into {@code pixels}, one behind the other, and the kept ones
   * before each.
   */
  void write(List<Frame> frames, ByteBuffer pixels) {
    later(
        () -> {
          for (int i = 0; i < frames.size(); i++) {
            keepBefore(frames.get(i).index());
            writeFrame(frames.get(i), pixels.slice(i * files.frameBytes(), files.frameBytes()));
          }
        },
        () -> free.add(pixels));
  }

  /** Passes frames that are on the disk already to the video, up to the next that is not. */
  private void keepBefore(int index) {
    for (; next < index; next++) {
      try {
        files.readRgb8(next, rgb8);
      } catch (IOException e) {
        throw new UserError("cannot read " + files.path(next) + ": " + Reason.of(e), e);
      }
      sink.write(rgb8);
    }
    next++;
  }

  /** Once something failed, what comes after it is dropped: the video would have a gap. */
  private void later(Runnable work, Runnable afterwards) {
    thread.execute(
        () -> {
          try {
            if (failure == null) {
              work.run();
            }
          } catch (RuntimeException e) {
            failure = e;
          } catch (Error e) {
            failure = new IllegalStateException("frames cannot be written: " + e, e);
          } finally {
            afterwards.run();
          }
        });
  }

  private void tellFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private void writeFrame(Frame frame, ByteBuffer pixels) {
    if (writer != null) {
      writer.submit(frame.index(), parameters(frame), pixels);
    }
    sink.write(files.bitDepth() == 8 ? pixels : as8Bit(pixels));
  }

  private ByteBuffer as8Bit(ByteBuffer words) {
    rgb8.clear();
    FrameFiles.putAs8Bit(words.duplicate().order(ByteOrder.LITTLE_ENDIAN), rgb8);
    return rgb8.flip();
  }

  private String parameters(Frame frame) {
    String key =
        A1111Parameters.format(
            settings.prompts().get(frame.fromKey()),
            settings.negativePrompts().get(frame.fromKey()),
            settings.stepsPerFrame(),
            settings.sampler().displayName(),
            settings.scale(),
            settings.keySeeds().isEmpty()
                ? settings.seed()
                : settings.keySeeds().get(frame.fromKey()),
            settings.width(),
            settings.height(),
            modelName);
    if (frame.weight() == 0) {
      return key;
    }
    return A1111Parameters.withTween(key, settings.prompts().get(frame.toKey()), frame.weight());
  }

  /**
   * Waits until everything is written.
   *
   * @param frames of the whole video
   * @throws UserError if a frame could not be written
   */
  void finish(int frames) {
    later(() -> keepBefore(frames), () -> {});
    endThread();
    tellFailure();
    if (writer != null) {
      writer.close();
    }
  }

  /** The video must not be closed while a frame goes into it, so the thread's end is waited for. */
  private void endThread() {
    thread.shutdown();
    boolean interrupted = false;
    while (!thread.isTerminated()) {
      try {
        thread.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the threads; frames handed over are written before. */
  @Override
  public void close() {
    endThread();
    if (writer != null) {
      writer.close();
    }
  }
}
