package dev.latentween.cli;

import dev.latentween.cli.FrameQueue.Batch;
import dev.latentween.engine.EngineException;
import dev.latentween.engine.EngineException.Code;
import dev.latentween.engine.FrameRenderer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * One engine's part of a render: a batch is submitted before the one before it is collected, so
 * that one is decoded while the next is sampled. Where memory does not suffice, batches are halved.
 */
final class EngineWork implements AutoCloseable {
  private final IntFunction<FrameRenderer> renderers;
  private final Consumer<String> notes;
  private final Queue<Batch> underWay = new ArrayDeque<>(2);
  private int batch;
  private FrameRenderer renderer;
  private boolean cancelled;

  /**
   * Makes the first renderer.
   *
   * @param renderers makes one for batches of at most so many frames
   * @param notes told when batches get smaller
   * @throws EngineException if memory does not suffice for one frame
   */
  EngineWork(IntFunction<FrameRenderer> renderers, int batch, Consumer<String> notes) {
    this.renderers = renderers;
    this.batch = batch;
    this.notes = notes;
    open();
  }

  /**
   * Renders from the queue until it is empty.
   *
   * @throws EngineException that says how to go on, if the device fails or one frame is too much
   */
  void run(FrameQueue queue) {
    try {
      renderAll(queue);
    } catch (EngineException e) {
      if (e.code() != Code.DEVICE && e.code() != Code.OUT_OF_MEMORY) {
        throw e;
      }
      throw new EngineException(
          e.code(), e.getMessage() + "; frames written so far are whole: go on with --resume");
    }
  }

  private void renderAll(FrameQueue queue) {
    while (true) {
      boolean idle = underWay.isEmpty();
      Batch next = idle ? queue.take(batch) : queue.poll(batch);
      if (idle && next == null) {
        return;
      }
      try {
        if (next != null) {
          underWay.add(next);
          renderer.submit(next.frames());
        }
        if (underWay.size() == 2 || next == null) {
          renderer.collect(underWay.element().pixels());
          queue.rendered(underWay.remove());
        }
      } catch (EngineException e) {
        halve(e);
        renderAgain(queue);
      }
    }
  }

  /** What was under way is lost with its renderer. */
  private void renderAgain(FrameQueue queue) {
    while (!underWay.isEmpty()) {
      Batch again = underWay.element();
      int done = 0;
      while (done < again.frames().size()) {
        int end = Math.min(done + batch, again.frames().size());
        try {
          renderer.submit(again.frames().subList(done, end));
          renderer.collect(again.room(done, end));
          done = end;
        } catch (EngineException e) {
          halve(e);
        }
      }
      queue.rendered(underWay.remove());
    }
  }

  private void open() {
    try {
      FrameRenderer made = renderers.apply(batch);
      synchronized (this) {
        renderer = made;
        if (cancelled) {
          made.cancel();
        }
      }
    } catch (EngineException e) {
      halve(e);
    }
  }

  private void halve(EngineException e) {
    if (e.code() != Code.OUT_OF_MEMORY || batch == 1) {
      throw e;
    }
    close();
    batch = (batch + 1) / 2;
    notes.accept(e.getMessage() + "; going on with " + batch + " at once");
    open();
  }

  /** From any thread: {@link #run} ends with an exception soon. */
  synchronized void cancel() {
    cancelled = true;
    if (renderer != null) {
      renderer.cancel();
    }
  }

  /** Frames at once, now. */
  int batch() {
    return batch;
  }

  @Override
  public synchronized void close() {
    if (renderer != null) {
      renderer.close();
      renderer = null;
    }
  }
}
