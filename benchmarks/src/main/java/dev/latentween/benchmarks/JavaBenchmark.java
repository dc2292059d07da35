package dev.latentween.benchmarks;

import dev.latentween.engine.Engine;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.FrameWriter;
import dev.latentween.video.VideoSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What Java does around the engine; HandoverBenchmark has how frames come from it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class JavaBenchmark {
  private static final String SETTINGS =
      """
      {"W": 512, "H": 512, "seed": 7, "animation_mode": "Interpolation",
       "prompts": ["a city at dawn", "a city at noon", "a city at night"],
       "interpolate_x_frames": 499}
      """;
  private static final int SIDE = 512;
  private static final int FRAMES = 8;

  private Engine engine;
  private Path folder;
  private Path settingsFile;
  private Settings settings;
  private ByteBuffer pixels;

  @Setup
  public void setUp() throws IOException {
    engine = Engine.open("cpu", 1);
    folder = Files.createTempDirectory("latentween-benchmark");
    settingsFile = Files.writeString(folder.resolve("settings.json"), SETTINGS);
    settings = readSettings();
    pixels = picture();
  }

  @TearDown
  public void tearDown() throws IOException {
    engine.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Colours that flow, with the grain of a rendered picture: noise alone would not compress. */
  private static ByteBuffer picture() {
    Random random = new Random(1);
    ByteBuffer picture = ByteBuffer.allocateDirect(3 * SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
      int x = i % SIDE;
      int y = i / SIDE;
      for (int c = 0; c < 3; c++) {
        double colour = 128 + 100 * Math.sin(x / 40.0 + c) * Math.cos(y / 60.0 - c);
        picture.put((byte) (colour + random.nextInt(4)));
      }
    }
    return picture.flip();
  }

  /** A call that does nothing but answer: the way to the native side and back. */
  @Benchmark
  public long nativeCall() {
    return engine.peakBytes();
  }

  @Benchmark
  public Settings readSettings() {
    return new SettingsReader().read(settingsFile, Map.of()).settings();
  }

  /** A plan of 1001 frames, every one looked at. */
  @Benchmark
  public double schedule() {
    double sum = 0;
    for (Frame frame : FramePlan.of(settings).frames()) {
      sum += frame.weight();
    }
    return sum;
  }

  /** Eight frames of 512x512 handed over and written by one thread. */
  @Benchmark
  public void writeFrames() {
    FrameFiles files = new FrameFiles(folder, "benchmark", SIDE, SIDE, 8);
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      for (int i = 0; i < FRAMES; i++) {
        writer.submit(i, "", pixels);
      }
    }
  }

  /** Eight frames of 512x512 encoded as H.264 in an MP4. */
  @Benchmark
  public void writeVideo() {
    try (VideoSink video = VideoSink.open(folder.resolve("benchmark.mp4"), SIDE, SIDE, 24)) {
      for (int i = 0; i < FRAMES; i++) {
        video.write(pixels);
      }
      video.finish();
    }
  }
}
