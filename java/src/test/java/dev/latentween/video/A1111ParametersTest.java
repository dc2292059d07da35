package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class A1111ParametersTest {
  private static String of(String prompt, String negative, double scale, String model) {
    return A1111Parameters.format(
        prompt, negative, 20, "Euler a", scale, 4294967295L, 768, 512, model);
  }

  @Test
  void aKeyFrameReadsAsA1111WritesIt() {
    assertThat(of("a city, night", "blurry, text", 7, "v1-5-pruned"))
        .isEqualTo(
            "a city, night\n"
                + "Negative prompt: blurry, text\n"
                + "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 4294967295, Size: 768x512,"
                + " Model: v1-5-pruned");
  }

  @Test
  void withoutANegativePromptItsLineIsMissing() {
    assertThat(of("a city", "", 7.5, "m"))
        .isEqualTo(
            "a city\n"
                + "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 4294967295, Size: 768x512,"
                + " Model: m");
  }

  @Test
  void anInBetweenNamesTheOtherPromptAndTheWeightAfterItsSettings() {
    String text = A1111Parameters.withTween(of("a city", "", 7, "m"), "a \"big\"\ncity: day", 0.35);
    assertThat(text)
        .startsWith("a city\nSteps: 20, ")
        .endsWith(", Model: m, Tween prompt: \"a \\\"big\\\"\\ncity: day\", Tween weight: 0.35");
    assertThat(text.lines()).hasSize(2);
  }

  @Test
  void smallWeightsAreNotInScientificNotation() {
    assertThat(A1111Parameters.withTween("", "b", 1.0 / 4096)).contains(": 0.000244140625");
  }

  @Test
  void aModelsNameThatWouldSplitTheLineIsQuoted() {
    assertThat(of("p", "", 7, "mine, v2")).endsWith("Model: \"mine, v2\"");
  }
}
