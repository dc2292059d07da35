package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the settings that Deforum has and this engine has not. */
class DeforumFileTest {
  @Test
  void fileSavedByTheNotebookLoadsWithoutAWord() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("notebook_settings.txt")) {
      Loaded loaded = new SettingsReader().parse("notebook", in, Path.of("/"), Map.of());
      assertThat(loaded.notices()).isEmpty();
      assertThat(loaded.settings().prompts()).hasSize(2);
      assertThat(loaded.settings().promptKeys()).containsExactly(0, 10);
      assertThat(loaded.settings().seed()).isEqualTo(2634866518L);
      assertThat(loaded.settings().width()).isEqualTo(768);
    }
  }

  @Test
  void numberIsTheDefaultHoweverItIsWritten() {
    assertThat(SettingsFiles.with("\"fov\": 40.0, \"mask_overlay_blur\": 5.0").notices()).isEmpty();
  }

  @Test
  void whatHasNoEffectIsNamedOnceForEachReason() {
    assertThat(
            SettingsFiles.with(
                    "\"max_frames\": 100, \"zoom\": \"0:(1)\", \"mask_file\": \"m.png\","
                        + " \"model_config\": \"custom\", \"border\": \"replicate\"")
                .notices())
        .containsExactly(
            "max_frames, zoom: no effect in Interpolation mode",
            "mask_file: no effect without use_mask",
            "model_config: no effect: the model is chosen with --model");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"use_mask\": true",
        "\"mean_scale\": 1",
        "\"var_scale\": 1",
        "\"exposure_scale\": 0.5",
        "\"colormatch_scale\": 1",
        "\"clip_scale\": 100",
        "\"aesthetics_scale\": 1",
        "\"init_mse_scale\": 1",
        "\"blue_scale\": 1",
        "\"dynamic_threshold\": 99",
        "\"static_threshold\": 1",
        "\"C\": 3",
        "\"f\": 4"
      })
  void whatWouldChangeThePictureIsRefused(String member) {
    String name = member.substring(1, member.indexOf('"', 1));
    String value = member.substring(member.indexOf(' ') + 1);
    assertThatThrownBy(() -> SettingsFiles.with(member))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(name + " is " + value + "; ")
        .hasMessageContaining("supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add_init_noise     | true  | use_init false | use_init true",
        "strength_0_no_init | false | use_init true  | use_init false",
        "prompt_weighting   | true  | prompts  a     | prompts  a:0.5",
      })
  void whatChangesThePictureBesideOthersIsRefusedBesideThem(
      String name, String value, String harmless, String harmful) {
    Map<String, String> base = Map.of("init_image", "https://example.org/a.png");
    assertThat(load(base, name, value, harmless).notices()).isEmpty();
    assertThatThrownBy(() -> load(base, name, value, harmful))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(name + " is " + value + "; ");
  }

  private static Loaded load(Map<String, String> base, String name, String value, String other) {
    Map<String, String> overrides = new HashMap<>(base);
    overrides.put(name, value);
    String[] pair = other.split(" +");
    overrides.put(pair[0], pair[1]);
    return SettingsFiles.load("{\"prompts\": \"a\"}", Path.of("/"), overrides);
  }

  @Test
  void noDeforumNameHasTwoMeanings() {
    assertThat(Catalogue.names()).doesNotHaveDuplicates();
  }
}
