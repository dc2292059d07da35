package dev.latentween.bench;

import static org.bytedeco.opencv.global.opencv_imgproc.FONT_HERSHEY_SIMPLEX;
import static org.bytedeco.opencv.global.opencv_imgproc.LINE_AA;

import dev.latentween.bench.Comparison.Entry;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Scalar;

/** A comparison drawn: rates over the batch on the left, prices as bars on the right. */
public final class ComparisonPicture {
  private static final int WIDTH = 1600;
  private static final int ROW = 46;
  private static final int TOP = 90;
  private static final int PLOT_LEFT = 110;
  private static final int PLOT_WIDTH = 620;
  private static final int BARS_LEFT = 830;
  private static final int BARS_WIDTH = 560;
  private static final int GRID_LINES = 5;

  /** Blue, green, red: distinct in print and to most eyes. */
  private static final int[][] COLOURS = {
    {180, 114, 31},
    {44, 127, 255},
    {89, 161, 79},
    {75, 75, 214},
    {160, 100, 148},
    {90, 90, 90},
    {190, 160, 20},
    {120, 180, 225}
  };

  private final List<Entry> entries;
  private final int plotHeight;
  private final Mat picture;

  private ComparisonPicture(Comparison comparison) {
    entries = comparison.entries();
    plotHeight = Math.max(360, entries.size() * ROW);
    picture =
        new Mat(TOP + plotHeight + 80, WIDTH, opencv_core.CV_8UC3, new Scalar(255, 255, 255, 0));
  }

  /** The picture as a PNG. */
  public static byte[] png(Comparison comparison) {
    ComparisonPicture drawing = new ComparisonPicture(comparison);
    drawing.curves();
    drawing.bars();
    try (BytePointer png = new BytePointer()) {
      if (!opencv_imgcodecs.imencode(".png", drawing.picture, png)) {
        throw new IllegalStateException("OpenCV cannot encode the picture");
      }
      byte[] bytes = new byte[(int) png.limit()];
      png.get(bytes);
      return bytes;
    }
  }

  /** Rates over the batch on a logarithmic axis. */
  private void curves() {
    text("UNet: image-steps/s over the batch", PLOT_LEFT, 50, 0.8, 1);
    double fastest =
        points().mapToDouble(Report.UNetPoint::imageStepsPerSecond).max().orElseThrow();
    double grid = grid(fastest);
    double highest = grid * Math.ceil(fastest / grid);
    int largest = points().mapToInt(Report.UNetPoint::batch).max().orElseThrow();
    double octaves = Math.max(1, Math.log(largest) / Math.log(2));
    for (int i = 0; i * grid <= highest * 1.001; i++) {
      int y = TOP + plotHeight - (int) (plotHeight * i * grid / highest);
      line(PLOT_LEFT, y, PLOT_LEFT + PLOT_WIDTH, y, grey(i == 0 ? 60 : 220), 1);
      text(
          new BigDecimal(i * grid).round(new MathContext(3)).stripTrailingZeros().toPlainString(),
          20,
          y + 6,
          0.55,
          1);
    }
    for (int batch = 1; batch <= largest; batch *= 2) {
      int x = plotX(batch, octaves);
      line(x, TOP + plotHeight, x, TOP + plotHeight + 6, grey(60), 1);
      text("" + batch, x - 6, TOP + plotHeight + 30, 0.55, 1);
    }
    text("frames at once", PLOT_LEFT + PLOT_WIDTH - 130, TOP + plotHeight + 58, 0.55, 1);
    for (int i = entries.size() - 1; i >= 0; i--) { // the cheapest lies on top
      for (Report.Device device : entries.get(i).report().devices()) {
        Point before = null;
        for (Report.UNetPoint point : device.unetCurve()) {
          Point here =
              new Point(
                  plotX(point.batch(), octaves),
                  TOP + plotHeight - (int) (plotHeight * point.imageStepsPerSecond() / highest));
          if (before != null) {
            opencv_imgproc.line(picture, before, here, colour(i), 2, LINE_AA, 0);
          }
          opencv_imgproc.circle(picture, here, 5, colour(i), -1, LINE_AA, 0);
          before = here;
        }
      }
    }
  }

  private Stream<Report.UNetPoint> points() {
    return entries.stream()
        .flatMap(entry -> entry.report().devices().stream())
        .flatMap(device -> device.unetCurve().stream());
  }

  /** A round distance that divides a length into about five. */
  private static double grid(double length) {
    double power = Math.pow(10, Math.floor(Math.log10(length / GRID_LINES)));
    double rest = length / GRID_LINES / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
  }

  private static int plotX(int batch, double octaves) {
    return PLOT_LEFT + (int) (PLOT_WIDTH * (Math.log(batch) / Math.log(2)) / octaves);
  }

  /** A bar for each report; those without a price have their name alone. */
  private void bars() {
    text("dollars for 1000 frames", BARS_LEFT, 50, 0.8, 1);
    double highest =
        entries.stream().mapToDouble(Entry::dollars).filter(Double::isFinite).max().orElse(1);
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      int y = TOP + i * ROW;
      text(entry.name(), BARS_LEFT, y + 14, 0.5, 1);
      boolean priced = Double.isFinite(entry.dollars());
      int length = priced ? Math.max(2, (int) (BARS_WIDTH * entry.dollars() / highest)) : 8;
      opencv_imgproc.rectangle(
          picture,
          new Point(BARS_LEFT, y + 20),
          new Point(BARS_LEFT + length, y + 36),
          colour(i),
          -1,
          LINE_AA,
          0);
      String label =
          !entry.report().valid()
              ? "void"
              : priced ? String.format(Locale.ROOT, "$%.4f", entry.dollars()) : "no price";
      text(label, BARS_LEFT + length + 12, y + 34, 0.5, 1);
    }
  }

  private void line(int x0, int y0, int x1, int y1, Scalar colour, int thickness) {
    opencv_imgproc.line(
        picture, new Point(x0, y0), new Point(x1, y1), colour, thickness, LINE_AA, 0);
  }

  private void text(String text, int x, int y, double scale, int thickness) {
    opencv_imgproc.putText(
        picture,
        text.replaceAll("[^ -~]", "?"),
        new Point(x, y),
        FONT_HERSHEY_SIMPLEX,
        scale,
        grey(30),
        thickness,
        LINE_AA,
        false);
  }

  private static Scalar colour(int i) {
    int[] bgr = COLOURS[i % COLOURS.length];
    return new Scalar(bgr[0], bgr[1], bgr[2], 0);
  }

  private static Scalar grey(int value) {
    return new Scalar(value, value, value, 0);
  }
}
