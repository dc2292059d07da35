package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.bench.PictureGate.Results;
import dev.latentween.model.TinyModel;
import dev.latentween.settings.Precision;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureGateTest {
  @TempDir Path folder;

  @Test
  void errorIsThatOfTheWorseOfTheTwo() {
    Results reference = new Results(new float[] {3, 4}, new float[] {0, 10});
    Results close = new Results(new float[] {3, 4.05f}, new float[] {1, 10});
    assertThat(close.error(reference)).isCloseTo(0.1, within(1e-6));
    assertThat(reference.error(reference)).isZero();
  }

  @Test
  void notANumberIsSeen() {
    Results broken = new Results(new float[] {3, Float.NaN}, new float[] {0, 10});
    assertThat(broken.finite()).isFalse();
    assertThat(new Results(new float[] {1}, new float[] {Float.POSITIVE_INFINITY}).finite())
        .isFalse();
    assertThat(new Results(new float[] {1}, new float[] {1}).finite()).isTrue();
  }

  @Test
  void cpuPassesWithAModelOfTheUsers() {
    try (Subject subject =
            Subject.open(TinyModel.FOLDER, null, folder, 64, 64, 2, Precision.AUTOCAST);
        LoadedModel loaded = new LoadedModel("cpu", subject, note -> {})) {
      Report.Gate gate = PictureGate.check(loaded, 3);
      assertThat(gate.passed()).isTrue();
      assertThat(gate.reference()).isEqualTo("none");
      Results results = Results.of(loaded.model, subject.config());
      assertThat(results.finite()).isTrue();
      assertThat(results.picture()).as("32x32 pixels").hasSize(3 * 32 * 32);
    }
  }
}
