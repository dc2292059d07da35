package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.bench.PictureGate.Results;
import dev.latentween.model.TinyModel;
import dev.latentween.settings.Precision;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void whatIsNoNumberHasNoErrorAndDoesNotPass() {
    Results right = new Results(new float[] {3, 4}, new float[] {0, 10});
    Results broken = new Results(new float[] {3, Float.NaN}, new float[] {0, 10});
    Report.Gate gate = PictureGate.judge("cpu", broken, right, 5e-3, true);
    assertThat(gate).isEqualTo(new Report.Gate("cpu", null, 5e-3, false, true));
    assertThat(gate.passed()).isFalse();
    assertThat(PictureGate.judge("cpu", right, right, 5e-3, true).relativeError()).isZero();
    assertThat(PictureGate.judge("none", right, null, 5e-3, true).relativeError()).isNull();
  }

  /** Five frames of two bytes, of which one has another bit when it is alone. */
  @ParameterizedTest
  @CsvSource({"-1, true", "0, false", "2, false", "4, false"})
  void frameThatDependsOnItsBatchIsSeen(int other, boolean same) {
    ByteBuffer together = ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    assertThat(
            PictureGate.sameBits(
                together,
                2,
                i ->
                    ByteBuffer.wrap(
                        new byte[] {(byte) (2 * i), (byte) (2 * i + 1 ^ (i == other ? 128 : 0))})))
        .isEqualTo(same);
  }

  @Test
  void cpuPassesWithAModelOfTheUsers() {
    try (Subject subject =
            Subject.open(TinyModel.FOLDER, null, folder, 64, 64, 2, Precision.AUTOCAST);
        LoadedModel loaded = new LoadedModel("cpu", subject, note -> {})) {
      assertThat(PictureGate.check(loaded, 1).sameBits()).as("where no more fit").isTrue();
      Report.Gate gate = PictureGate.check(loaded, 3);
      assertThat(gate.passed()).isTrue();
      assertThat(gate.reference()).isEqualTo("none");
      Results results = Results.of(loaded.model, subject.config());
      assertThat(results.finite()).isTrue();
      assertThat(results.picture()).as("32x32 pixels").hasSize(3 * 32 * 32);
    }
  }
}
