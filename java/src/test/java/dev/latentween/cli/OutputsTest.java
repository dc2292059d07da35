package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.video.VideoReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a render leaves behind. */
class OutputsTest {
  @TempDir Path temp;
  private Path settings;
  private Path outdir;

  @BeforeEach
  void writeSettings() throws IOException {
    settings = SmallRender.settings(temp);
    outdir = temp.resolve("o");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v.avi", "v.mp4", "v.webm", "v.gif", "new folder/é.mp4"})
  void videoHasEveryFrameAtItsPace(String name) throws Exception {
    Path file = temp.resolve(name);
    Cli cli = SmallRender.into(settings, outdir, "-o", file, "-s", "fps=10", "--batch", 12);
    VideoReader video = VideoReader.read(file);
    assertThat(video.frames()).hasSize(SmallRender.FRAMES);
    assertThat(video.width()).isEqualTo(64);
    assertThat(video.height()).isEqualTo(64);
    assertThat(video.seconds()).isBetween(1.15, 1.25);
    assertThat(cli.out())
        .contains(file + ": 12 frames, 64x64, 1.20 s at 10 fps; ")
        .containsPattern("peak memory \\d+ MiB\n")
        .contains("frames and settings: " + outdir);
    assertThat(cli.err()).containsPattern("frame 12/12, [\\d.]+ frames/s, 0:00 left, prompt 2\n");
    assertThat(names(outdir)).noneMatch(left -> left.startsWith("."));
  }

  @Test
  void withoutSamplesThereIsTheVideoAlone() throws Exception {
    Path file = temp.resolve("v.mp4");
    SmallRender.into(settings, outdir, "-o", file, "-s", "save_samples=false");
    assertThat(names(outdir)).singleElement().asString().endsWith("_settings.txt");
    assertThat(VideoReader.read(file).frames()).hasSize(SmallRender.FRAMES);
  }

  @Test
  void promptThatIsCutIsTold() throws IOException {
    String before = "a city at night, ";
    Cli cli =
        SmallRender.into(
            settings,
            outdir,
            "-s",
            "prompts=[\""
                + before
                + "! ".repeat(80)
                + "\", \"a city\", \""
                + before
                + "! ".repeat(80)
                + "\"]",
            "-s",
            "neg_prompts=",
            "-s",
            "interpolate_x_frames=0");
    assertThat(cli.err().lines().filter(line -> line.contains("not used")))
        .singleElement()
        .asString()
        .startsWith("note: \"" + before + "! ")
        .contains("...\" is longer than the model reads: its last ");
  }

  /** White is 65025 as in Deforum, so that truncating to 8 bits is dividing by 255. */
  @Test
  void sixteenBitsAreTheSameFramesFiner() throws Exception {
    SmallRender.into(settings, outdir, "-o", temp.resolve("8.avi"));
    Path deep = temp.resolve("deep");
    SmallRender.into(settings, deep, "-o", temp.resolve("16.avi"), "-s", "bit_depth_output=16");
    List<Path> pngs = SmallRender.pngs(outdir);
    List<Path> deepPngs = SmallRender.pngs(deep);
    assertThat(deepPngs).hasSize(SmallRender.FRAMES);
    boolean finer = false;
    for (int i = 0; i < pngs.size(); i++) {
      Picture picture = Picture.read(pngs.get(i));
      Picture fine = Picture.read(deepPngs.get(i));
      assertThat(fine.bits()).isEqualTo(16);
      for (int k = 0; k < fine.rgb().length; k++) {
        assertThat(fine.rgb()[k]).isBetween(0, 65025);
        assertThat(fine.rgb()[k] / 255).isEqualTo(picture.rgb()[k]);
        finer |= fine.rgb()[k] % 255 != 0;
      }
    }
    assertThat(finer).isTrue();
    assertThat(temp.resolve("16.avi")).hasSameBinaryContentAs(temp.resolve("8.avi"));
  }

  @Test
  void picturesSayHowTheyWereMade() throws IOException {
    SmallRender.into(settings, outdir);
    List<Path> pngs = SmallRender.pngs(outdir);
    assertThat(Picture.read(pngs.get(0)).parameters())
        .isEqualTo(
            """
            a city, café über 城市
            Negative prompt: night
            Steps: 2, Sampler: Euler a, CFG scale: 5, Seed: 5, Size: 64x64, Model: tiny-sd1""");
    assertThat(Picture.read(pngs.get(11)).parameters())
        .isEqualTo(
            """
            a beautiful and modern city
            Steps: 2, Sampler: Euler a, CFG scale: 5, Seed: 5, Size: 64x64, Model: tiny-sd1""");
    assertThat(Picture.read(pngs.get(10)).parameters())
        .startsWith("a city, café über 城市\n")
        .contains(", Tween prompt: a beautiful and modern city, Tween weight: 0.909");
  }

  @Test
  void anotherModelInTheSettingsIsNoted() throws IOException {
    Cli cli = SmallRender.into(settings, outdir, "-s", "model_checkpoint=sd-v1-5.ckpt");
    assertThat(cli.err())
        .contains("note: model_checkpoint is sd-v1-5.ckpt; rendering with --model tiny-sd1\n");
    assertThat(Files.readString(SmallRender.only(outdir, "_settings.txt")))
        .contains("\"model_checkpoint\": \"tiny-sd1\"");
    cli = SmallRender.into(settings, outdir, "-s", "model_checkpoint=tiny-sd1.safetensors");
    assertThat(cli.err()).doesNotContain("model_checkpoint");
  }

  private static List<String> names(Path folder) {
    return List.of(folder.toFile().list());
  }

  @Test
  void fp8ElsewhereIsOneLineAndNothingIsWritten() throws IOException {
    Cli cli = Cli.run(SmallRender.command(settings, outdir, "--precision", "fp8").toArray());
    assertThat(cli.exitCode()).isEqualTo(2);
    assertThat(cli.err().lines().filter(line -> line.startsWith("error: ")))
        .singleElement()
        .asString()
        .contains("precision fp8 needs a GPU of compute capability 9.0");
    assertThat(outdir).doesNotExist();
  }
}
