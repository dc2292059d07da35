package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.model.SyntheticModel;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PricesTest {
  private static final double FPS = 4;
  @TempDir Path folder;
  private Path settings;

  @BeforeEach
  void writeSettings() throws Exception {
    settings =
        Files.writeString(
            folder.resolve("job.json"),
            """
            {"prompts": ["a", "b"], "interpolate_x_frames": 98, "W": 512, "H": 512,
             "sampler": "euler", "steps": 20, "scale": 7}
            """);
  }

  @Test
  void priceOfFrames() {
    Report.Price price = Prices.of(FPS, 0.4);
    assertThat(price.framesPerDollar()).isCloseTo(36000, within(1e-6));
    assertThat(price.dollarsPer1000Frames()).isCloseTo(1 / 36.0, within(1e-12));
  }

  @Test
  void jobOfTheMeasuredWorkTakesWhatWasMeasured() {
    Report.Job job = job(Map.of(), 0.4);
    assertThat(job.frames()).isEqualTo(100);
    assertThat(job.hours()).isCloseTo(100 / FPS / 3600, within(1e-12));
    assertThat(job.dollars()).isCloseTo(job.hours() * 0.4, within(1e-12));
  }

  @Test
  void jobScalesWithItsEvaluations() {
    double sample = 1 / 378.7;
    double decode = 0.01125;
    double measured = 40 * sample + decode;
    assertThat(job(Map.of("steps", "50"), null).hours())
        .isCloseTo(100 / FPS / 3600 * (100 * sample + decode) / measured, within(1e-12));
    assertThat(job(Map.of("scale", "1"), null).evaluationsPerFrame()).isEqualTo(20);
    assertThat(job(Map.of("sampler", "heun"), null).evaluationsPerFrame()).isEqualTo(80);
    assertThat(job(Map.of(), null).dollars()).isNull();
  }

  /** Four times the pixels: more than four times the operations, because attention is quadratic. */
  @Test
  void jobScalesWithItsSize() {
    double ratio =
        job(Map.of("W", "1024", "H", "1024"), null).hours() / job(Map.of(), null).hours();
    assertThat(ratio).isBetween(4.5, 8.0);
    double sample = 1 / 378.7;
    double decode = 0.01125;
    double operations =
        UNetCost.of(SyntheticModel.CONFIG.unet(), 128, 128, 77).flops()
            / UNetCost.of(SyntheticModel.CONFIG.unet(), 64, 64, 77).flops();
    assertThat(ratio)
        .isCloseTo((40 * sample * operations + 4 * decode) / (40 * sample + decode), within(1e-9));
  }

  private Report.Job job(Map<String, String> overrides, Double dollarsPerHour) {
    Settings job = new SettingsReader().read(settings, overrides).settings();
    UNetCost cost =
        UNetCost.of(SyntheticModel.CONFIG.unet(), job.height() / 8, job.width() / 8, 77);
    return Prices.job(
        "job.json",
        job,
        cost,
        Reports.WORK,
        Reports.gpu("cuda:0", FPS, Reports.right()),
        FPS,
        dollarsPerHour);
  }
}
