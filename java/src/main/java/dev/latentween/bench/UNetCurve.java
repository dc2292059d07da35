package dev.latentween.bench;

import dev.latentween.engine.RenderJob;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The rate of the denoising loop over the batch size, and what decoding takes beside it. */
final class UNetCurve {
  private static final double WINDOW_MILLIS = 800;

  private final LoadedModel loaded;
  private final Duration pointLimit;
  private final List<Report.UNetPoint> points = new ArrayList<>();
  private final List<Report.VaeDecode> decodes = new ArrayList<>();

  private UNetCurve(LoadedModel loaded, Duration pointLimit) {
    this.loaded = loaded;
    this.pointLimit = pointLimit;
  }

  /**
   * Measures batches 1, {@code factor}, its square and so on, and the largest; none of which the
   * first picture and a window would take longer than a point's time.
   *
   * @param stepMillis what a step of one frame takes, roughly
   */
  static UNetCurve measure(
      LoadedModel loaded, int largestBatch, int factor, double stepMillis, Duration pointLimit) {
    UNetCurve curve = new UNetCurve(loaded, pointLimit);
    curve.measure(1, curve.steps(stepMillis));
    int batch = next(1, factor, largestBatch);
    while (batch <= largestBatch) {
      Report.UNetPoint before = last(curve.points);
      double step = before.milliseconds() / before.batch() * batch;
      int steps = curve.steps(step);
      double window = steps * step + batch * last(curve.decodes).millisecondsPerFrame();
      if (2 * window > pointLimit.toMillis()) {
        break;
      }
      curve.measure(batch, steps);
      batch = next(batch, factor, largestBatch);
    }
    return curve;
  }

  /** The batch behind one; more than the largest behind that. */
  static int next(int batch, int factor, int largest) {
    return batch == largest ? largest + 1 : Math.min(batch * factor, largest);
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }

  /** As many as fill a window, but no more than the work has. */
  private int steps(double stepMillis) {
    int most = loaded.subject.settings().stepsPerFrame();
    return (int) Math.max(1, Math.min(most, WINDOW_MILLIS / stepMillis));
  }

  /** A window is a batch from noise to pixels. */
  private void measure(int batch, int steps) {
    Settings settings = loaded.subject.settings(steps);
    List<Frame> frames = loaded.frames().subList(0, batch);
    int samples = batch * Subject.evaluations(settings) / steps;
    try (RenderJob job = loaded.job(settings, batch)) {
      ByteBuffer pixels = loaded.buffer(job, batch);
      job.render(frames, pixels); // first times of everything
      RenderJob.Stats start = job.stats();
      Windows windows =
          Windows.measure(
              pointLimit,
              () -> {
                double before = job.stats().sampling();
                job.render(frames, pixels);
                return new Windows.Window(steps, job.stats().sampling() - before, Double.NaN);
              });
      RenderJob.Stats end = job.stats();
      points.add(
          new Report.UNetPoint(
              batch, 1000 / windows.rate(), samples * windows.rate(), windows.settled()));
      decodes.add(
          new Report.VaeDecode(
              batch, 1000 * (end.decoding() - start.decoding()) / (end.frames() - start.frames())));
    }
  }

  List<Report.UNetPoint> points() {
    return points;
  }

  /** What decoding took at a batch of the curve. */
  Report.VaeDecode decodeAt(int batch) {
    return decodes.stream().filter(decode -> decode.batch() == batch).findFirst().orElseThrow();
  }
}
