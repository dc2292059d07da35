package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.model.TinyModel;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real measurements on the CPU beside the meter of a GPU of 400 W that somebody else uses, too. */
class MeteredBenchTest {
  private static final double WATTS = 400;
  private static final Profile.Limits LIMITS =
      new Profile.Limits(4, Duration.ofMillis(200), Duration.ofSeconds(2));
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
          1500,
          Set.of(Throttle.POWER_CAP, Throttle.THERMAL_SOFTWARE));
    }

    @Override
    public Use use() {
      return new Use(List.of(4711), 1L << 20, 0);
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
    Report report = measure(new Nvml.Found(new Metered(true), null));
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
        .anySatisfy(note -> assertThat(note).contains("in use by others: processes [4711]"));
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

  @Test
  void missingSensorsAreAnOrdinaryReport() throws Exception {
    Report report = measure(new Nvml.Found(null, "NVML is not there"));
    Report.Device device = report.devices().get(0);
    assertThat(report.valid()).isTrue();
    assertThat(device.sensors()).isEqualTo("NVML is not there");
    assertThat(device.power()).isNull();
    assertThat(device.gpu()).isNull();
    assertThat(device.usedByOthers()).isNull();
    assertThat(Schema.complaints(ReportJson.write(report))).isEmpty();
  }

  private Report measure(Nvml.Found sensors) {
    Bench.Request request =
        new Bench.Request(
            Profile.QUICK,
            List.of("cpu"),
            TinyModel.FOLDER,
            null,
            64,
            64,
            1,
            Precision.AUTOCAST,
            null,
            null,
            null);
    return new Bench(request, LIMITS, NoFiles::open, folder, line -> {}, id -> sensors)
        .run("0.1.0", Instant.now());
  }
}
