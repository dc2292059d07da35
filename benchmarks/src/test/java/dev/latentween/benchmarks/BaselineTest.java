package dev.latentween.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaselineTest {
  @TempDir Path folder;
  private Path file;
  private Baseline baseline;

  @BeforeEach
  void record() throws Exception {
    file = folder.resolve("baseline.json");
    baseline = new Baseline(file);
    baseline.write(List.of(ratio("unet.sd15", 0.6004, 0.1), ratio("vaeDecode.sd15", 0.8, 0.05)));
  }

  private static Ratio ratio(String name, double ratio, double noise) {
    return new Ratio(name, 1, 1, ratio, noise);
  }

  @ParameterizedTest
  @CsvSource({"0.3, 0", "0.69, 0", "0.71, 1", "NaN, 1", "Infinity, 1"})
  void worseByMoreThanTheRecordedNoiseIsTold(double now, int lines) throws Exception {
    assertThat(baseline.worse(List.of(ratio("unet.sd15", now, 9)))).hasSize(lines);
  }

  @Test
  void lineSaysBothRatios() throws Exception {
    assertThat(
            baseline.worse(
                List.of(ratio("unet.sd15", 0.75, 0.01), ratio("vaeDecode.sd15", 0.81, 0.01))))
        .containsExactly("unet.sd15: ours / LibTorch is 0.750, recorded is 0.600 +- 0.100");
  }

  @Test
  void whatWasNotMeasuredAgainStaysRecorded() throws Exception {
    baseline.write(List.of(ratio("unet.sd15", 0.5, 0.05), ratio("linear.sd15", 1, 0.05)));
    assertThat(Files.readString(file))
        .isEqualToIgnoringWhitespace(
            """
            {"unet.sd15": {"ratio": 0.5, "noise": 0.05},
             "vaeDecode.sd15": {"ratio": 0.8, "noise": 0.05},
             "linear.sd15": {"ratio": 1.0, "noise": 0.05}}
            """);
  }

  @Test
  void whatIsNotRecordedIsNotWorse() throws Exception {
    assertThat(baseline.worse(List.of(ratio("unet.sd15 on a GPU", 9, 0.05)))).isEmpty();
    assertThat(new Baseline(folder.resolve("none.json")).worse(List.of(ratio("unet.sd15", 9, 1))))
        .isEmpty();
  }
}
