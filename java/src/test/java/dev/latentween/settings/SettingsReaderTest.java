package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
  private static final Path NOWHERE = Path.of("/nowhere");

  @Test
  void defaultsAreDeforums() {
    Loaded loaded = SettingsFiles.load("{\"prompts\": \"a city\"}");
    Settings s = loaded.settings();

    assertThat(loaded.notices()).isEmpty();
    assertThat(s.width()).isEqualTo(512);
    assertThat(s.height()).isEqualTo(512);
    assertThat(s.sampler()).isEqualTo(Sampler.EULER_ANCESTRAL);
    assertThat(s.steps()).isEqualTo(50);
    assertThat(s.scale()).isEqualTo(7);
    assertThat(s.interpolateXFrames()).isEqualTo(20);
    assertThat(s.interpolateKeyFrames()).isFalse();
    assertThat(s.useInit()).isFalse();
    assertThat(s.bitDepth()).isEqualTo(8);
    assertThat(s.clipSkip()).isEqualTo(1);
    assertThat(s.sigmaSchedule()).isEqualTo(SigmaSchedule.COMPVIS);
    assertThat(s.noiseDevice()).isEqualTo(NoiseDevice.CUDA);
    assertThat(s.fit()).isEqualTo(Fit.STRETCH);
    assertThat(s.fps()).isEqualTo(15);
    assertThat(s.saveSamples()).isTrue();
    assertThat(s.keySeeds()).isEmpty();
    assertThat(s.compat()).isEqualTo(Compat.NONE);
    assertThat(s.outdir()).isEqualTo(Path.of("outputs/2023-02/StableFun"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"prompts", "animation_prompts", "cond_prompts"})
  void promptsHaveThreeNamesAndThreeForms(String name) {
    assertThat(SettingsFiles.settings("{\"" + name + "\": \"a\"}").prompts()).containsExactly("a");
    Settings list = SettingsFiles.settings("{\"" + name + "\": [\"b\", \"a\"]}");
    assertThat(list.prompts()).containsExactly("b", "a");
    assertThat(list.promptKeys()).containsExactly(0, 1);
    Settings map = SettingsFiles.settings("{\"" + name + "\": {\"10\": \"b\", \"2\": \"a\"}}");
    assertThat(map.prompts()).as("in the order written").containsExactly("b", "a");
    assertThat(map.promptKeys()).containsExactly(10, 2);
  }

  /**
   * Deforum saves the names that it did not use so; Python takes a number with spaces around it.
   */
  @ParameterizedTest
  @ValueSource(strings = {"null", "\"\"", "[]", "{}"})
  void promptsUnderAnotherNameThatAreNoneDoNotCount(String none) {
    String json = "{\"prompts\": {\" 5 \": \"a\"}, \"cond_prompts\": " + none + "}";
    assertThat(SettingsFiles.settings(json).promptKeys()).containsExactly(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"neg_prompts", "uncond_prompts"})
  void negativePromptsAreOneForAllOrOneForEach(String name) {
    assertThat(SettingsFiles.with("\"seed\": 1").settings().negativePrompts())
        .containsExactly("", "");
    assertThat(SettingsFiles.with("\"" + name + "\": \"n\"").settings().negativePrompts())
        .containsExactly("n", "n");
    assertThat(SettingsFiles.with("\"" + name + "\": {\"0\": \"n\"}").settings().negativePrompts())
        .containsExactly("n", "n");
    assertThat(SettingsFiles.with("\"" + name + "\": [\"n\", \"\"]").settings().negativePrompts())
        .containsExactly("n", "");
  }

  @Test
  void compatIgnoresNegativePromptsAndSaysSo() {
    Loaded loaded = SettingsFiles.with("\"neg_prompts\": \"n\", \"compat\": \"dsd-0.7.1\"");
    assertThat(loaded.settings().negativePrompts()).containsExactly("", "");
    assertThat(loaded.notices()).singleElement().asString().startsWith("neg_prompts: ignored");
  }

  @ParameterizedTest
  @CsvSource({"64, 64", "127, 64", "128, 128", "801, 768", "8192, 8192"})
  void sizesAreRoundedDownToMultiplesOf64AndToldSo(int asked, int size) {
    Loaded loaded = SettingsFiles.with("\"W\": " + asked + ", \"H\": " + asked);
    assertThat(loaded.settings().width()).isEqualTo(size);
    assertThat(loaded.settings().height()).isEqualTo(size);
    if (asked == size) {
      assertThat(loaded.notices()).isEmpty();
    } else {
      assertThat(loaded.notices())
          .containsExactly(
              "W is " + size + ", not " + asked + ": sizes are multiples of 64",
              "H is " + size + ", not " + asked + ": sizes are multiples of 64");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "50, 0.1, 45", "50, 0.35, 32", "50, 0.6, 20", "50, 0.65, 17", "50, 0.8, 9", "50, 0.9, 4",
    "50, 1.0, 0", "20, 0.8, 3", "20, 0.9, 1", "30, 0.8, 5", "100, 0.8, 19", "100, 0.9, 9"
  })
  void strengthLeavesTheStepsItLeavesInPython(int steps, double strength, int left) {
    Settings s = withInit("\"steps\": " + steps + ", \"strength\": " + strength).settings();
    assertThat(s.stepsPerFrame()).isEqualTo(left);
  }

  @Test
  void strengthIsZeroWithoutAnInitImage() {
    Settings s = SettingsFiles.with("\"strength\": 0.6, \"steps\": 33").settings();
    assertThat(s.strength()).isZero();
    assertThat(s.stepsPerFrame()).isEqualTo(33);
  }

  @Test
  void seedOfMinusOneIsDrawnAndAnyOtherKept() {
    assertThat(SettingsFiles.with("\"seed\": -1").settings().seed()).isEqualTo(SettingsFiles.DRAWN);
    assertThat(SettingsFiles.with("\"seed\": -1").seedDrawn()).isTrue();
    assertThat(SettingsFiles.with("\"seed\": 0").settings().seed()).isZero();
    assertThat(SettingsFiles.with("\"seed\": 0").seedDrawn()).isFalse();
    Loaded given = SettingsFiles.with("\"seed\": 4294967295");
    assertThat(given.settings().seed()).isEqualTo(4294967295L);
    assertThat(given.seedDrawn()).isFalse();
  }

  @Test
  void keySeedsAreOneForEachPrompt() {
    assertThat(SettingsFiles.with("\"key_seeds\": [7, 4294967295]").settings().keySeeds())
        .containsExactly(7L, 4294967295L);
  }

  @ParameterizedTest
  @EnumSource
  void everySamplerHasADeforumName(Sampler sampler) {
    String json = "\"sampler\": \"" + sampler.name().toLowerCase(Locale.ROOT) + "\"";
    assertThat(SettingsFiles.with(json).settings().sampler()).isEqualTo(sampler);
  }

  @Test
  void plmsIsKlmsWhereDeforumHasNoPlms() {
    Loaded image = withInit("\"sampler\": \"plms\"");
    assertThat(image.settings().sampler()).isEqualTo(Sampler.KLMS);
    assertThat(image.notices()).singleElement().asString().contains("klms");
    String compat = "\"sampler\": \"plms\", \"compat\": \"dsd-0.7.1\"";
    assertThat(SettingsFiles.with(compat).settings().sampler()).isEqualTo(Sampler.KLMS);
  }

  @Test
  void whatTheSamplerDoesNotUseIsDroppedAndToldSo() {
    Loaded eta = SettingsFiles.with("\"ddim_eta\": 0.5");
    assertThat(eta.settings().ddimEta()).isZero();
    assertThat(eta.notices()).containsExactly("ddim_eta: no effect with sampler euler_ancestral");
    Loaded karras = SettingsFiles.with("\"sigmas\": \"karras\", \"sampler\": \"ddim\"");
    assertThat(karras.settings().sigmaSchedule()).isEqualTo(SigmaSchedule.COMPVIS);
    assertThat(karras.notices()).containsExactly("sigmas: no effect with sampler ddim");
  }

  @Test
  void modelIsRecordedOrNot() {
    assertThat(SettingsFiles.with("\"model_checkpoint\": \"m\"").modelCheckpoint()).contains("m");
    assertThat(SettingsFiles.with("\"model_checkpoint\": null").modelCheckpoint()).isEmpty();
  }

  @Test
  void initImageIsFoundBesideTheSettingsFile(@TempDir Path folder) throws IOException {
    Path image = Files.createFile(folder.resolve("city street.jpg"));
    String json = "{\"prompts\": \"a\", \"use_init\": true, \"init_image\": \"city street.jpg\"}";
    Path file = Files.writeString(folder.resolve("city.json"), json);
    Settings s = new SettingsReader().read(file, Map.of()).settings();
    assertThat(s.initImage()).contains(image.toUri());
  }

  @Test
  void initImageMayBeAnAddress() {
    assertThat(withInit("\"seed\": 1").settings().initImage())
        .contains(URI.create("https://example.org/city.png"));
  }

  @Test
  void initImageIsNotLookedForWithoutUseInit() {
    assertThat(SettingsFiles.with("\"init_image\": \"no-such.png\"").settings().useInit())
        .isFalse();
  }

  @Test
  void strengthOneMeansTheInitImageItselfAndSaysSo() {
    assertThat(withInit("\"strength\": 1").notices())
        .containsExactly("strength 1.0 leaves none of 50 steps: every frame is the init image");
  }

  @Test
  void overridesGoBeforeTheFileUnderAnyName() {
    Map<String, String> overrides =
        Map.of(
            "cond_prompts", "[\"x\", \"y\"]",
            "sampler", "heun",
            "W", "128",
            "batch_name", "2077",
            "seed", "3");
    String json = "{\"animation_prompts\": [\"a\"], \"W\": 512, \"sampler\": \"ddim\"}";
    Settings s = SettingsFiles.load(json, NOWHERE, overrides).settings();
    assertThat(s.prompts()).containsExactly("x", "y");
    assertThat(s.sampler()).isEqualTo(Sampler.HEUN);
    assertThat(s.width()).isEqualTo(128);
    assertThat(s.batchName()).isEqualTo("2077");
    assertThat(s.seed()).isEqualTo(3);
  }

  @Test
  void overrideOfPromptsMayBePlainText() {
    for (String text : List.of("a city", "2077", "{not json")) {
      Settings s = SettingsFiles.load("{}", NOWHERE, Map.of("prompts", text)).settings();
      assertThat(s.prompts()).containsExactly(text);
    }
  }

  @Test
  void scaleOneAndWholeNumbersWithAPointAreAllowed() {
    Settings s = SettingsFiles.with("\"scale\": 1, \"steps\": 20.0").settings();
    assertThat(s.scale()).isEqualTo(1);
    assertThat(s.steps()).isEqualTo(20);
  }

  @Test
  void outdirIsTakenAsItIs() {
    assertThat(SettingsFiles.with("\"outdir\": \"/tmp/x\"").settings().outdir())
        .isEqualTo(Path.of("/tmp/x"));
    assertThat(SettingsFiles.with("\"outdir\": \" \"").settings().outdir())
        .isEqualTo(Path.of("outputs/2023-02/StableFun"));
    assertThat(
            SettingsFiles.with("\"output_path\": \"o\", \"batch_name\": \"b\"").settings().outdir())
        .isEqualTo(Path.of("o/2023-02/b"));
  }

  @Test
  void resumeTimestringCountsOnlyWhenAskedFor() {
    String timestring = "\"resume_timestring\": \"20230101000000\"";
    assertThat(SettingsFiles.with(timestring).settings().resumeTimestring()).isEmpty();
    assertThat(
            SettingsFiles.with(timestring + ", \"resume_from_timestring\": true")
                .settings()
                .resumeTimestring())
        .contains("20230101000000");
  }

  private static Loaded withInit(String members) {
    return SettingsFiles.with(
        "\"use_init\": true, \"init_image\": \"https://example.org/city.png\", " + members);
  }
}
