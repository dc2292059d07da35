package dev.latentween.bench;

import dev.latentween.engine.RenderJob;
import dev.latentween.schedule.Frame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Renders and writes frames as a render does, for as long as it takes to know the rate. */
final class EndToEnd {
  private static final double WINDOW_SECONDS = 1;

  private final RenderJob job;
  private final FrameSink sink;
  private final List<Frame> frames;
  private final int batch;
  private final DoubleSupplier joules;
  private int submitted;
  private int collected;
  private long waitedNanos;
  private long begin;
  private double joulesBefore;

  private EndToEnd(
      RenderJob job, FrameSink sink, List<Frame> frames, int batch, DoubleSupplier joules) {
    this.job = job;
    this.sink = sink;
    this.frames = frames;
    this.batch = batch;
    this.joules = joules;
  }

  record Result(Report.EndToEnd report, Windows windows) {}

  /**
   * Until the rate has settled.
   *
   * @param limit the most time it takes before its last window
   * @param ready called when the device is at work, before the time begins
   * @param joules a counter of energy; NaN where there is none
   */
  static Result measure(
      LoadedModel loaded,
      FrameSink sink,
      int batch,
      Duration limit,
      Runnable ready,
      DoubleSupplier joules) {
    try (RenderJob job = loaded.job(loaded.subject.settings(), batch)) {
      return new EndToEnd(job, sink, loaded.frames(), batch, joules)
          .run(ready, window -> Windows.measure(limit, window));
    }
  }

  /** For all of a time, beside others that do the same. */
  static Result measureFor(LoadedModel loaded, FrameSink sink, int batch, Duration time) {
    try (RenderJob job = loaded.job(loaded.subject.settings(), batch)) {
      return new EndToEnd(job, sink, loaded.frames(), batch, () -> Double.NaN)
          .run(() -> {}, window -> Windows.measureFor(time, window));
    }
  }

  private Result run(Runnable ready, Function<Supplier<Windows.Window>, Windows> measure) {
    submit();
    finishBatch(); // first times of everything
    ready.run();
    RenderJob.Stats before = job.stats();
    long start = System.nanoTime();
    begin = start;
    joulesBefore = joules.getAsDouble();
    waitedNanos = 0;
    Windows windows = measure.apply(this::window);
    double waited = waitedNanos / (double) (System.nanoTime() - start);
    RenderJob.Stats after = job.stats();
    drain();
    double unet = after.sampling() - before.sampling();
    double decode = after.decoding() - before.decoding();
    double copy = after.copying() - before.copying();
    double all = unet + decode + copy;
    return new Result(
        new Report.EndToEnd(
            batch,
            (int) (after.frames() - before.frames()),
            windows.rate(),
            windows.settled(),
            new Report.Shares(unet / all, decode / all, copy / all),
            waited),
        windows);
  }

  /** Whole batches, from one's end to another's. */
  private Windows.Window window() {
    int first = collected;
    do {
      finishBatch();
    } while (System.nanoTime() - begin < WINDOW_SECONDS * 1e9);
    long now = System.nanoTime();
    double joulesNow = joules.getAsDouble();
    Windows.Window window =
        new Windows.Window(
            (collected - first) * (double) batch, (now - begin) / 1e9, joulesNow - joulesBefore);
    begin = now;
    joulesBefore = joulesNow;
    return window;
  }

  /** Submits a batch and finishes the one before, so that there is always work on the device. */
  private void finishBatch() {
    submit();
    collect();
  }

  private void submit() {
    job.submit(framesOf(submitted++));
  }

  private void collect() {
    long before = System.nanoTime();
    ByteBuffer pixels = sink.takeBuffer();
    waitedNanos += System.nanoTime() - before;
    job.collect(pixels);
    sink.write(framesOf(collected++), pixels);
  }

  private void drain() {
    collect();
    sink.finish();
  }

  /** After the last frame the first comes again: a small picture may need more than there are. */
  private List<Frame> framesOf(int number) {
    int first = (int) ((long) number * batch % (frames.size() - batch + 1));
    return frames.subList(first, first + batch);
  }
}
