package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlierRenderTest {
  private static final String OLD = "20230101000000";
  private static final String NEW = "20230202000000";
  private static final String MODEL = "tiny";

  @TempDir Path outdir;

  @Test
  void nothingIsFoundWhereNothingIs() throws IOException {
    assertThat(EarlierRender.find(load(Map.of()), MODEL)).isEmpty();
    Files.writeString(outdir.resolve("x_settings.txt"), "not JSON");
    assertThat(EarlierRender.find(load(Map.of()), MODEL)).isEmpty();
    Loaded elsewhere = load(Map.of("outdir", outdir.resolve("none").toString()));
    assertThat(EarlierRender.find(elsewhere, MODEL)).isEmpty();
  }

  @Test
  void latestWithTheSameFramesIsFound() throws IOException {
    record(OLD, Map.of("seed", "5"));
    record(NEW, Map.of("seed", "5"));
    record("20230303000000", Map.of("seed", "5", "steps", "9"));
    assertThat(EarlierRender.find(load(Map.of("seed", "5")), MODEL))
        .map(EarlierRender::timestring)
        .contains(NEW);
  }

  @Test
  void seedIsTheEarlierOneWhereNoneIsAskedFor() throws IOException {
    record(OLD, Map.of("seed", "5"));
    EarlierRender earlier = EarlierRender.find(load(Map.of()), MODEL).orElseThrow();
    assertThat(earlier.settings().seed()).isEqualTo(5);
    assertThat(EarlierRender.find(load(Map.of("seed", "6")), MODEL)).isEmpty();
  }

  @Test
  void outputMayChange() throws IOException {
    record(OLD, Map.of("seed", "5"));
    Loaded wanted = load(Map.of("seed", "5", "fps", "30", "batch_name", "b"));
    EarlierRender earlier = EarlierRender.find(wanted, MODEL).orElseThrow();
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
    assertThat(EarlierRender.find(load(wanted), MODEL)).isEmpty();

    wanted.put("resume_from_timestring", "true");
    wanted.put("resume_timestring", OLD);
    assertThatThrownBy(() -> EarlierRender.find(load(wanted), MODEL))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot resume " + OLD + ": it has other values for " + name);
  }

  @Test
  void anotherModelsFramesAreOthers() throws IOException {
    record(OLD, Map.of("seed", "5"));
    assertThat(EarlierRender.find(load(Map.of("seed", "5")), "other")).isEmpty();
    Loaded named =
        load(Map.of("seed", "5", "resume_from_timestring", "true", "resume_timestring", OLD));
    assertThatThrownBy(() -> EarlierRender.find(named, "other"))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot resume " + OLD + ": it has other values for model_checkpoint");
  }

  @Test
  void namedRenderMustBeThere() throws IOException {
    record(OLD, Map.of("seed", "5"));
    Map<String, String> resume = Map.of("resume_from_timestring", "true", "resume_timestring", OLD);
    assertThat(EarlierRender.find(load(resume), MODEL).orElseThrow().timestring()).isEqualTo(OLD);
    Map<String, String> other = Map.of("resume_from_timestring", "true", "resume_timestring", NEW);
    assertThatThrownBy(() -> EarlierRender.find(load(other), MODEL))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("there is no settings file ");
  }

  private void record(String timestring, Map<String, String> overrides) throws IOException {
    Files.writeString(
        outdir.resolve(SettingsWriter.fileName(timestring)),
        SettingsWriter.write(load(overrides).settings(), timestring, MODEL));
  }

  private Loaded load(Map<String, String> overrides) {
    String json = "{\"prompts\": \"a\", \"outdir\": \"" + outdir + "\"}";
    return SettingsFiles.load(json, outdir, overrides);
  }
}
