package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SyntheticModelTest {
  /** As published for its parts: 123 060 480, 859 520 964 and 83 653 863. */
  @Test
  void hasAsManyParametersAsStableDiffusion15() {
    long parameters =
        TensorInventory.of(SyntheticModel.CONFIG).shapes().values().stream()
            .mapToLong(shape -> Arrays.stream(shape).reduce(1, (a, b) -> a * b))
            .sum();
    assertThat(parameters).isEqualTo(123_060_480L + 859_520_964L + 83_653_863L);
  }

  @Test
  void promptsBecomeIdsOfTheVocabulary() {
    int[] ids = SyntheticModel.tokenIds(" a City at  night");
    assertThat(ids).hasSize(77).startsWith(49406).endsWith(49407);
    assertThat(Arrays.stream(ids, 1, 5)).allMatch(id -> id >= 0 && id < 49406);
    assertThat(ids[5]).isEqualTo(49407);
    assertThat(ids).isEqualTo(SyntheticModel.tokenIds("a city at night"));
    assertThat(ids).isNotEqualTo(SyntheticModel.tokenIds("a city at noon"));
    assertThat(SyntheticModel.tokenIds("a ".repeat(200))).hasSize(77).endsWith(49407);
  }
}
