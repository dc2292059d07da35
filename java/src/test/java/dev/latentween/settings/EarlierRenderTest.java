package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlierRenderTest {
  private static final String OLD = "20230101000000";
  private static final String NEW = "20230202000000";
  private static final String MODEL = "tiny";
  private static final Optional<String> NO_PICTURE = Optional.empty();

  @TempDir Path outdir;

  @Test
  void nothingIsFoundWhereNothingIs() throws IOException {
    assertThat(EarlierRender.find(load(Map.of()), MODEL, NO_PICTURE)).isEmpty();
    Files.writeString(outdir.resolve("x_settings.txt"), "not JSON");
    assertThat(EarlierRender.find(load(Map.of()), MODEL, NO_PICTURE)).isEmpty();
    Loaded elsewhere = load(Map.of("outdir", outdir.resolve("none").toString()));
    assertThat(EarlierRender.find(elsewhere, MODEL, NO_PICTURE)).isEmpty();
  }

  @Test
  void latestWithTheSameFramesIsFound() throws IOException {
    record(OLD, Map.of("seed", "5"));
    record(NEW, Map.of("seed", "5"));
    record("20230303000000", Map.of("seed", "5", "steps", "9"));
    assertThat(EarlierRender.find(load(Map.of("seed", "5")), MODEL, NO_PICTURE))
        .map(EarlierRender::timestring)
        .contains(NEW);
  }

  @Test
  void seedIsTheEarlierOneWhereNoneIsAskedFor() throws IOException {
    record(OLD, Map.of("seed", "5"));
    EarlierRender earlier = EarlierRender.find(load(Map.of()), MODEL, NO_PICTURE).orElseThrow();
    assertThat(earlier.settings().seed()).isEqualTo(5);
    assertThat(EarlierRender.find(load(Map.of("seed", "6")), MODEL, NO_PICTURE)).isEmpty();
  }

  @Test
  void outputMayChange() throws IOException {
    record(OLD, Map.of("seed", "5"));
    Loaded wanted = load(Map.of("seed", "5", "fps", "30", "batch_name", "b"));
    EarlierRender earlier = EarlierRender.find(wanted, MODEL, NO_PICTURE).orElseThrow();
    assertThat(earlier.settings()).isEqualTo(wanted.settings());
  }

  @ParameterizedTest
  @CsvSource({
    "prompts, other",
    "neg_prompts, n",
    "interpolate_x_frames, 3",
    "interpolate_key_frames, true",
    "W, 64",
    "H, 64",
    "seed, 6",
    "key_seeds, [1]",
    "noise_device, cpu",
    "sampler, heun",
    "steps, 9",
    "sigmas, karras",
    "scale, 3",
    "clip_skip, 2",
    "bit_depth_output, 16",
    "precision, fp8",
    "compat, dsd-0.7.1"
  })
  void framesMayNot(String name, String value) throws IOException {
    record(OLD, Map.of("seed", "5"));
    Map<String, String> wanted = new HashMap<>(Map.of("seed", "5"));
    wanted.put(name, value);
    assertThat(EarlierRender.find(load(wanted), MODEL, NO_PICTURE)).isEmpty();

    wanted.put("resume_from_timestring", "true");
    wanted.put("resume_timestring", OLD);
    assertThatThrownBy(() -> EarlierRender.find(load(wanted), MODEL, NO_PICTURE))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot resume " + OLD + ": it has other values for " + name);
  }

  @ParameterizedTest
  @CsvSource({
    "ddim_eta, 0.5",
    "use_init, false",
    "init_image, https://example.org/b.png",
    "strength, 0.3",
    "fit, crop"
  })
  void norMayThoseOfAnInitImage(String name, String value) throws IOException {
    Map<String, String> wanted =
        new HashMap<>(
            Map.of(
                "seed", "5",
                "sampler", "ddim",
                "use_init", "true",
                "init_image", "https://example.org/a.png"));
    record(OLD, wanted);
    assertThat(EarlierRender.find(load(wanted), MODEL, Optional.of("12ab")))
        .as("an earlier version noted no picture down")
        .isPresent();
    wanted.put(name, value);
    assertThat(EarlierRender.find(load(wanted), MODEL, NO_PICTURE)).isEmpty();
  }

  @Test
  void anotherModelsFramesAreOthers() throws IOException {
    record(OLD, Map.of("seed", "5"));
    assertThat(EarlierRender.find(load(Map.of("seed", "5")), "other", NO_PICTURE)).isEmpty();
    Loaded named =
        load(Map.of("seed", "5", "resume_from_timestring", "true", "resume_timestring", OLD));
    assertThatThrownBy(() -> EarlierRender.find(named, "other", NO_PICTURE))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot resume " + OLD + ": it has other values for model_checkpoint");
  }

  @Test
  void anotherPictureUnderTheSameNameGivesOtherFrames() throws IOException {
    Files.createFile(outdir.resolve("a.png"));
    Map<String, String> settings = Map.of("seed", "5", "init_image", "a.png", "use_init", "true");
    record(OLD, settings, Optional.of("12ab"));
    assertThat(EarlierRender.find(load(settings), MODEL, Optional.of("12ab"))).isPresent();
    assertThat(EarlierRender.find(load(settings), MODEL, Optional.of("34cd"))).isEmpty();
    Map<String, String> named = new HashMap<>(settings);
    named.put("resume_from_timestring", "true");
    named.put("resume_timestring", OLD);
    assertThatThrownBy(() -> EarlierRender.find(load(named), MODEL, Optional.of("34cd")))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot resume " + OLD + ": it has other values for init_image_sha256");
  }

  @Test
  void namedRenderMustBeThere() throws IOException {
    record(OLD, Map.of("seed", "5"));
    Map<String, String> resume = Map.of("resume_from_timestring", "true", "resume_timestring", OLD);
    assertThat(EarlierRender.find(load(resume), MODEL, NO_PICTURE).orElseThrow().timestring())
        .isEqualTo(OLD);
    Map<String, String> other = Map.of("resume_from_timestring", "true", "resume_timestring", NEW);
    assertThatThrownBy(() -> EarlierRender.find(load(other), MODEL, NO_PICTURE))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("there is no settings file ");
  }

  /** The test's clock says February 2023. */
  @Test
  void aMonthsEndIsNoEnd() throws IOException {
    Map<String, String> wanted =
        Map.of("seed", "5", "output_path", outdir.toString(), "outdir", "");
    Path months = outdir;
    for (String month : List.of("2022-11", "2022-12", "2023-03", "elsewhere")) {
      outdir = Files.createDirectories(months.resolve(month).resolve("StableFun"));
      record(OLD, Map.of("seed", "5"));
    }
    EarlierRender earlier = EarlierRender.find(load(wanted), MODEL, NO_PICTURE).orElseThrow();
    assertThat(earlier.settings().outdir()).isEqualTo(months.resolve("2022-12/StableFun"));

    Map<String, String> named = new HashMap<>(wanted);
    named.put("resume_from_timestring", "true");
    named.put("resume_timestring", OLD);
    assertThat(EarlierRender.find(load(named), MODEL, NO_PICTURE).orElseThrow().settings().outdir())
        .isEqualTo(months.resolve("2022-12/StableFun"));

    Map<String, String> otherBatch = new HashMap<>(wanted);
    otherBatch.put("batch_name", "b");
    assertThat(EarlierRender.find(load(otherBatch), MODEL, NO_PICTURE)).isEmpty();
  }

  private void record(String timestring, Map<String, String> overrides) throws IOException {
    record(timestring, overrides, NO_PICTURE);
  }

  private void record(String timestring, Map<String, String> overrides, Optional<String> initHash)
      throws IOException {
    Files.writeString(
        outdir.resolve(SettingsWriter.fileName(timestring)),
        SettingsWriter.write(load(overrides).settings(), timestring, MODEL, initHash));
  }

  private Loaded load(Map<String, String> overrides) {
    String json = "{\"prompts\": \"a\", \"outdir\": \"" + outdir + "\"}";
    return SettingsFiles.load(json, outdir, overrides);
  }
}
