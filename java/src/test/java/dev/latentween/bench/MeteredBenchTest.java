package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.model.TinyModel;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import dev.latentween.settings.UserError;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real measurements on the CPU beside the meter of a GPU of 400 W that somebody else uses, too. */
class MeteredBenchTest {
  private static final double WATTS = 400;
  private static final Profile.Limits LIMITS =
      new Profile.Limits(4, Duration.ofMillis(200), Duration.ofSeconds(2));
  private static final Gpu.Use OTHERS = new Gpu.Use(List.of(4711), 1L << 20, 0);
  private static final Sensors.Found NONE = Sensors.Found.missing("none for the CPU");
  @TempDir Path folder;

  private record Metered(boolean counts) implements Gpu {
    @Override
    public Identity identity() {
      return Reports.gpu("cpu", 1, Reports.right()).gpu();
    }

    @Override
    public Reading read() {
      return new Reading(
          WATTS,
          counts ? System.nanoTime() / 1e9 * WATTS : null,
          Set.of(Throttle.POWER_CAP, Throttle.THERMAL_SOFTWARE));
    }
  }

  /** Drops what is rendered. */
  private record NoFiles(ByteBuffer pixels) implements FrameSink {
    static FrameSink open(Settings settings, String modelName, Path folder, int batch) {
      return new NoFiles(
          ByteBuffer.allocateDirect(3 * batch * settings.width() * settings.height()));
    }

    @Override
    public ByteBuffer takeBuffer() {
      return pixels;
    }

    @Override
    public void write(List<Frame> frames, ByteBuffer written) {}

    @Override
    public void finish() {}

    @Override
    public void close() {}
  }

  @Test
  void framesASecondTimesJoulesAFrameAreWatts() {
    Report report = measure(new Sensors.Found(new Metered(true), OTHERS, null));
    Report.Device device = report.devices().get(0);
    Report.Power power = device.power();
    assertThat(power.source()).isEqualTo("energy counter");
    assertThat(power.meanWatts()).isCloseTo(WATTS, within(0.05 * WATTS));
    assertThat(device.endToEnd().framesPerSecond() * power.joulesPerFrame())
        .isCloseTo(power.meanWatts(), within(0.05 * power.meanWatts()));
    assertThat(device.throttle())
        .containsExactly(Gpu.Throttle.POWER_CAP, Gpu.Throttle.THERMAL_SOFTWARE);
    assertThat(device.sensors()).isEqualTo("nvml");
    assertThat(device.usedByOthers().processes()).containsExactly(4711);
    assertThat(report.notes())
        .anySatisfy(note -> assertThat(note).contains("was in use before").contains("4711"));
  }

  @Test
  void withoutACounterPowerIsSampled() throws Exception {
    try (GpuWatch watch = new GpuWatch(new Metered(false))) {
      double before = watch.joules();
      long begin = System.nanoTime();
      Thread.sleep(300);
      double joules = watch.joules() - before;
      double seconds = (System.nanoTime() - begin) / 1e9;
      assertThat(watch.source()).isEqualTo("sampled");
      assertThat(joules / seconds).isCloseTo(WATTS, within(0.05 * WATTS));
    }
  }

  /** What it was throttled for while it warmed up is nothing against its figures. */
  @Test
  void throttlingCountsFromTheFirstWindow() throws Exception {
    AtomicBoolean throttled = new AtomicBoolean(true);
    Gpu gpu = meter(throttled);
    try (GpuWatch watch = new GpuWatch(gpu)) {
      watch.joules();
      assertThat(watch.throttle()).containsExactly(Gpu.Throttle.POWER_CAP);
      throttled.set(false);
      watch.begin();
      watch.joules();
      assertThat(watch.throttle()).isEmpty();
      assertThat(watch.atWork().powerLimitWatts()).isEqualTo(600);
    }
  }

  private static Gpu meter(AtomicBoolean throttled) {
    return new Gpu() {
      @Override
      public Identity identity() {
        return Reports.gpu("cuda:0", 1, Reports.right()).gpu();
      }

      @Override
      public Reading read() {
        return new Reading(
            WATTS, null, throttled.get() ? Set.of(Throttle.POWER_CAP) : Set.<Throttle>of());
      }
    };
  }

  @Test
  void missingSensorsAreAnOrdinaryReport() throws Exception {
    Report report = measure(Sensors.Found.missing("NVML is not there"));
    Report.Device device = report.devices().get(0);
    assertThat(report.valid()).isTrue();
    assertThat(device.sensors()).isEqualTo("NVML is not there");
    assertThat(device.power()).isNull();
    assertThat(device.gpu()).isNull();
    assertThat(device.usedByOthers()).isNull();
    assertThat(Schema.complaints(ReportJson.write(report))).isEmpty();
  }

  @Test
  void devicesAreMeasuredAloneAndTogether() {
    Report report = bench(NoFiles::open, id -> NONE, "cpu", "cpu").run("0.1.0", 0);
    Report.Together together = report.together();
    double sum = report.devices().stream().mapToDouble(d -> d.endToEnd().framesPerSecond()).sum();
    assertThat(together.devices()).containsExactly("cpu", "cpu");
    assertThat(together.scaling()).isCloseTo(together.framesPerSecond() / sum, within(1e-9));
    assertThat(report.framesPerSecond()).isEqualTo(together.framesPerSecond());
    assertThat(report.devices().get(0).coldStart().processMs()).isNotNull();
    assertThat(report.devices().get(1).coldStart().processMs()).isNull();
  }

  /** The second of the two that are measured together; the first must not wait for it forever. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatFailsTogetherIsTold() {
    AtomicInteger opened = new AtomicInteger();
    FrameSink.Factory sinks =
        (settings, modelName, files, batch) -> {
          if (opened.incrementAndGet() == 4) {
            throw new UserError("the disk is full");
          }
          return NoFiles.open(settings, modelName, files, batch);
        };
    Bench bench = bench(sinks, id -> NONE, "cpu", "cpu");
    assertThatThrownBy(() -> bench.run("0.1.0", 0))
        .isInstanceOf(UserError.class)
        .hasMessage("the disk is full");
  }

  private Report measure(Sensors.Found found) {
    return bench(NoFiles::open, id -> found, "cpu").run("0.1.0", 0);
  }

  /** Looking for devices takes memory of each GPU, so who used them must have been asked before. */
  private Bench bench(FrameSink.Factory sinks, Sensors sensors, String... devices) {
    AtomicBoolean looked = new AtomicBoolean();
    Bench.Request request =
        new Bench.Request(
            Profile.QUICK,
            () -> {
              assertThat(looked).isTrue();
              return List.of(devices);
            },
            TinyModel.FOLDER,
            null,
            64,
            64,
            1,
            Precision.AUTOCAST,
            null,
            null,
            null);
    return new Bench(
        request,
        count -> LIMITS,
        sinks,
        folder,
        line -> {},
        () -> {
          looked.set(true);
          return sensors;
        });
  }
}
