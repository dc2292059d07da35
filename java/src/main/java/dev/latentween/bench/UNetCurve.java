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
  private static final double WINDOW_MILLIS = 400;

  private final LoadedModel loaded;
  private final Duration pointLimit;
  private final List<Report.UNetPoint> points = new ArrayList<>();
  private final List<Report.VaeDecode> decodes = new ArrayList<>();

  /**
   * @param stepMillis of a single frame, roughly
   */
  private UNetCurve(LoadedModel loaded, Duration pointLimit) {
    this.loaded = loaded;
    this.pointLimit = pointLimit;
  }

  /**
   * Measures batches 1, {@code factor}, its square and so on, and the largest.
   *
   * @param stepMillis what a step of one frame takes, roughly
   */
  static UNetCurve measure(
      LoadedModel loaded, int largestBatch, int factor, double stepMillis, Duration pointLimit) {
    UNetCurve curve = new UNetCurve(loaded, pointLimit);
    double expected = stepMillis;
    for (int batch = 1; batch <= largestBatch; batch = next(batch, factor, largestBatch)) {
      curve.measure(batch, expected);
      expected = curve.points.get(curve.points.size() - 1).milliseconds() * factor;
    }
    return curve;
  }

  private static int next(int batch, int factor, int largest) {
    return batch == largest ? largest + 1 : Math.min(batch * factor, largest);
  }

  /** A window is a batch from noise to pixels, of as many steps as fill it. */
  private void measure(int batch, double expectedMillis) {
    int most = loaded.subject.settings().stepsPerFrame();
    int steps = (int) Math.max(1, Math.min(most, WINDOW_MILLIS / expectedMillis));
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
