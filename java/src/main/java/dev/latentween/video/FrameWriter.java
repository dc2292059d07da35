package dev.latentween.video;

import dev.latentween.settings.Reason;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Writes frames as PNGs on threads of its own, each file whole under its name or not there at all.
 *
 * <p>A submitted frame is copied into one of {@code 2 * threads} buffers: the caller's own is free
 * again when {@code submit} returns, and the memory held does not depend on the number of frames.
 * While all buffers wait to be written, {@code submit} waits too. For one caller at a time.
 */
public final class FrameWriter implements AutoCloseable {
  private record Job(int index, String parameters, byte[] pixels) {}

  private static final Job END = new Job(-1, "", new byte[0]);

  private final FrameFiles files;
  private final BlockingQueue<byte[]> free;
  private final BlockingQueue<Job> jobs;
  private final Thread[] workers;
  private volatile UserError failure;
  private boolean failureTold;
  private boolean closed;

  /** Makes the folder where it is missing, and starts the threads. */
  public FrameWriter(FrameFiles files, int threads) {
    this.files = files;
    try {
      Files.createDirectories(files.dir());
    } catch (IOException e) {
      throw new UserError("cannot make the folder " + files.dir() + ": " + Reason.of(e), e);
    }
    int buffers = 2 * threads;
    free = new ArrayBlockingQueue<>(buffers);
    for (int i = 0; i < buffers; i++) {
      free.add(new byte[files.frameBytes()]);
    }
    jobs = new ArrayBlockingQueue<>(buffers + threads);
    workers = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      // Made here: a thread that fails for want of memory would leave submit waiting.
      PngEncoder encoder = new PngEncoder(files.width(), files.height(), files.bitDepth());
      workers[i] = new Thread(() -> work(encoder), "frame-writer-" + i);
      workers[i].setDaemon(true);
    }
    for (Thread worker : workers) {
      worker.start();
    }
  }

  /**
   * Takes a copy of one frame to be written.
   *
   * @param parameters text for the PNG's {@code parameters} chunk, see {@link A1111Parameters}
   * @param pixels the frame from position to limit, both left as they are: rows of RGB, of bytes or
   *     of little-endian 16-bit words
   * @throws UserError if an earlier frame could not be written
   */
  public void submit(int index, String parameters, ByteBuffer pixels) {
    if (pixels.remaining() != files.frameBytes()) {
      throw new IllegalArgumentException(
          "frame " + index + " has " + pixels.remaining() + " bytes, not " + files.frameBytes());
    }
    if (closed) {
      throw new IllegalStateException("frame " + index + " comes after close");
    }
    tellFailure();
    try {
      byte[] copy = free.take();
      pixels.duplicate().get(copy);
      jobs.put(new Job(index, parameters, copy));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted before frame " + index + " was taken", e);
    }
  }

  /**
   * Returns when every frame submitted is on the disk.
   *
   * @throws UserError if a frame could not be written and no {@code submit} has said so
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean interrupted = false;
    for (Thread worker : workers) {
      jobs.add(END); // always has room, that is what its capacity is for
    }
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true; // frames already rendered are still written
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!failureTold) {
      tellFailure();
    }
  }

  private void tellFailure() {
    if (failure != null) {
      failureTold = true;
      throw failure;
    }
  }

  private void work(PngEncoder encoder) {
    try (encoder) {
      for (Job job = jobs.take(); job != END; job = jobs.take()) {
        write(encoder, job);
        free.add(job.pixels());
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts a frame writer", e);
    }
  }

  private void write(PngEncoder encoder, Job job) {
    Path path = files.path(job.index());
    PartialFile file = PartialFile.of(path);
    try {
      try (FileChannel out = file.create()) {
        encoder.encode(job.pixels(), job.parameters(), out);
      }
      file.commit();
    } catch (IOException e) {
      file.discard();
      fail(new UserError("cannot write " + path + ": " + Reason.of(e), e));
    } catch (RuntimeException | Error e) {
      file.discard();
      fail(new UserError("cannot write " + path + ": " + e, e));
    }
  }

  /** The first failure is told: what follows it may follow from it. */
  private synchronized void fail(UserError error) {
    if (failure == null) {
      failure = error;
    }
  }
}
