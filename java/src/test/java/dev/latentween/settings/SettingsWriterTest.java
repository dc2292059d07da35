package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsWriterTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"seed\": -1",
        "\"W\": 801, \"H\": 130, \"scale\": 4.5, \"steps\": 3, \"fps\": 23.976",
        "\"neg_prompts\": [\"x\", \"\"], \"key_seeds\": [0, 4294967295]",
        "\"animation_prompts\": null, \"interpolate_key_frames\": true, \"compat\": \"dsd-0.7.1\"",
        "\"use_init\": true, \"init_image\": \"https://example.org/a%20b.png\", \"strength\": 0.8",
        "\"use_init\": true, \"init_image\": \"/etc/hosts\", \"fit\": \"crop\"",
        "\"sampler\": \"ddim\", \"ddim_eta\": 0.3, \"clip_skip\": 2, \"noise_device\": \"cpu\"",
        "\"sampler\": \"dpmpp_2m\", \"sigmas\": \"karras\", \"bit_depth_output\": 16",
        "\"outdir\": \"/tmp/a b\", \"batch_name\": \"\", \"save_samples\": false",
        "\"resume_from_timestring\": true, \"resume_timestring\": \"20230101000000\""
      })
  void whatIsWrittenReadsBackTheSame(String members) {
    Settings settings = SettingsFiles.with(members).settings();
    Loaded again =
        SettingsFiles.load(
            SettingsWriter.write(settings, "20230217120000", "tiny", Optional.of("12ab")));
    assertThat(again.settings()).isEqualTo(settings);
    assertThat(again.notices()).isEmpty();
    assertThat(again.modelCheckpoint()).contains("tiny");
    assertThat(again.initHash()).contains("12ab");
    assertThat(again.seedDrawn()).as("the seed is the one that was used").isFalse();
  }

  @Test
  void promptsKeepTheirKeysAndOrder() {
    Settings settings =
        SettingsFiles.settings("{\"prompts\": {\"30\": \"a\", \"10\": \"b\", \"20\": \"c\"}}");
    assertThat(
            SettingsFiles.settings(SettingsWriter.write(settings, "t", "tiny", Optional.empty())))
        .isEqualTo(settings);
  }

  @Test
  void fileIsLaidOutAsDeforumsAre() {
    Settings settings = SettingsFiles.settings("{\"prompts\": {\"0\": \"café\", \"9\": \"都市\"}}");
    assertThat(SettingsWriter.write(settings, "20230217120000", "tiny", Optional.empty()))
        .startsWith("{\n    \"animation_mode\": \"Interpolation\",\n    \"prompts\": {\n        ")
        .contains("\"0\": \"café\"", "\"9\": \"都市\"")
        .endsWith(
            "    \"timestring\": \"20230217120000\",\n    \"model_checkpoint\": \"tiny\"\n}\n");
    Settings seeds = SettingsFiles.with("\"key_seeds\": [1, 2]").settings();
    assertThat(SettingsWriter.write(seeds, "t", "tiny", Optional.empty()))
        .contains("    \"key_seeds\": [\n        1,\n        2\n    ],\n");
    assertThat(SettingsWriter.fileName("20230217120000")).isEqualTo("20230217120000_settings.txt");
  }

  @Test
  void starterLoadsAndIsTheDefaults() {
    Loaded starter = SettingsFiles.load(SettingsWriter.starter());
    assertThat(starter.notices()).isEmpty();
    assertThat(starter.settings())
        .isEqualTo(
            SettingsFiles.settings("{\"prompts\": [\"a city\", \"a beautiful and modern city\"]}"));
    assertThat(starter.settings().outdir()).isEqualTo(Path.of("outputs/2023-02/StableFun"));
  }
}
