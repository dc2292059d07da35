package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  @ParameterizedTest
  @CsvSource({"kitten, sitting, 3", "'', abc, 3", "abc, '', 3", "Steps, steps, 0", "flaw, lawn, 2"})
  void distanceIsLevenshteins(String a, String b, int distance) {
    assertThat(Nearest.distance(a, b)).isEqualTo(distance);
  }

  @Test
  void wordThatIsNothingLikeAnyHasNone() {
    assertThat(Nearest.of("stpes", List.of("seed", "steps"))).contains("steps");
    assertThat(Nearest.of("zzzzzzzz", List.of("seed", "steps"))).isEmpty();
  }
}
