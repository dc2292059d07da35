package dev.latentween.benchmarks;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.RenderJob;
import dev.latentween.model.ModelConfig;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How a finished frame of 512x512 comes from the engine into a buffer of Java's. It is rendered
 * before the time begins, with a model of random weights.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(1)
@State(Scope.Benchmark)
public class HandoverBenchmark {
  private static final String SETTINGS =
      """
      {"W": 512, "H": 512, "steps": 1, "sampler": "euler", "seed": 7, "prompts": ["a"]}
      """;

  private Engine engine;
  private Model model;
  private RenderJob job;
  private FramePlan plan;
  private ByteBuffer pixels;

  @Setup
  public void setUp() throws IOException {
    Path file = Files.createTempFile("latentween-benchmark", ".json");
    Files.writeString(file, SETTINGS);
    Settings settings = new SettingsReader().read(file, Map.of()).settings();
    Files.delete(file);
    plan = FramePlan.of(settings);
    ModelConfig config = Shapes.of("vaeDecode", "small");
    engine = Engine.open("cpu", Target.THREADS);
    model = Model.random(engine, config, 1);
    int[] ids = new int[config.text().maxPositions()];
    job = RenderJob.create(model, prompt -> ids, settings, 1, null);
    pixels = ByteBuffer.allocateDirect(Math.toIntExact(job.frameBytes()));
  }

  @Setup(Level.Invocation)
  public void render() {
    job.submit(plan.frames().subList(0, 1));
  }

  @TearDown
  public void tearDown() {
    job.close();
    model.close();
    engine.close();
  }

  @Benchmark
  public ByteBuffer handOver() {
    job.collect(pixels);
    return pixels;
  }
}
