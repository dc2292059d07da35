package dev.latentween.cli;

import dev.latentween.schedule.Frame;
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
 * own, while the caller renders the next. Two batch buffers go round, so memory does not depend on
 * the number of frames.
 */
final class FrameOutput implements AutoCloseable {
  private static final int BUFFERS = 2;
  private static final int WRITERS = 2;

  private final Settings settings;
  private final FrameFiles files;
  private final String modelName;
  private final VideoSink sink;
  private final FrameWriter writer;
  private final ByteBuffer rgb8;
  private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread worker = new Thread(work, "frame-output");
            worker.setDaemon(true);
            return worker;
          });
  private volatile RuntimeException failure;

  FrameOutput(Settings settings, FrameFiles files, String modelName, VideoSink sink, int batch) {
    this.settings = settings;
    this.files = files;
    this.modelName = modelName;
    this.sink = sink;
    writer = settings.saveSamples() ? new FrameWriter(files, WRITERS) : null;
    rgb8 = ByteBuffer.allocateDirect(3 * files.width() * files.height());
    for (int i = 0; i < BUFFERS; i++) {
      free.add(
          ByteBuffer.allocateDirect(Math.multiplyExact(batch, files.frameBytes()))
              .order(ByteOrder.LITTLE_ENDIAN));
    }
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

  /** Writes frames that were rendered into {@code pixels}, one behind the other. */
  void write(List<Frame> frames, ByteBuffer pixels) {
    later(
        pixels,
        () -> {
          for (int i = 0; i < frames.size(); i++) {
            writeFrame(frames.get(i), pixels.slice(i * files.frameBytes(), files.frameBytes()));
          }
        });
  }

  /** Passes a frame that is on the disk already to the video. */
  void keep(int index, ByteBuffer buffer) {
    later(
        buffer,
        () -> {
          try {
            files.readRgb8(index, rgb8);
          } catch (IOException e) {
            throw new UserError("cannot read " + files.path(index) + ": " + e.getMessage(), e);
          }
          sink.write(rgb8);
        });
  }

  /** Once something failed, what comes after it is dropped: the video would have a gap. */
  private void later(ByteBuffer buffer, Runnable work) {
    thread.execute(
        () -> {
          try {
            if (failure == null) {
              work.run();
            }
          } catch (RuntimeException e) {
            failure = e;
          } finally {
            free.add(buffer);
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
   * @throws UserError if a frame could not be written
   */
  void finish() {
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
