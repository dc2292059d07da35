package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * From the command line with nothing but settings and a model to the frames that torch, diffusers
 * and k-diffusion make of them. Neighbouring frames are 22 dB apart; 40 dB is the same frame.
 */
class GoldenRendersTest {
  private static final Path RENDERS = Path.of("src/test/golden/renders");
  private static final double SAME_FRAME_DB = 40;

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {"dpmpp_2m_wide", "euler_a", "heun", "init_dpm2", "init_klms", "klms", "odd_size"})
  void framesAreTheReferences(String name) throws IOException {
    assertFrames(name, TinyModel.FOLDER);
  }

  /** Names are mapped and sizes inferred; only heads must be told, where they are not SD 1.5's. */
  @Test
  void singleFileRendersTheSame() throws IOException {
    Path model = TinyModel.singleFile(temp.resolve("tiny.safetensors"));
    Path beside = temp.resolve("tiny");
    Files.createDirectories(beside);
    TinyModel.copy(TinyModel.FOLDER.resolve("tokenizer"), beside.resolve("tokenizer"));
    for (String part : List.of("unet", "text_encoder")) {
      Path config = Path.of(part, "config.json");
      Files.createDirectories(beside.resolve(part));
      Files.copy(TinyModel.FOLDER.resolve(config), beside.resolve(config));
    }
    assertFrames("euler_a", model);
  }

  private void assertFrames(String name, Path model) throws IOException {
    Path outdir = temp.resolve(name);
    Cli cli =
        Cli.run(
            "render",
            RENDERS.resolve(name + ".json"),
            "--model",
            model,
            "--outdir",
            outdir,
            "--device",
            "cpu");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    List<Path> frames = SmallRender.pngs(outdir);
    assertThat(frames).hasSize(7);
    for (int i = 0; i < frames.size(); i++) {
      Picture reference = Picture.read(RENDERS.resolve("%s_%05d.png".formatted(name, i)));
      assertThat(Picture.read(frames.get(i)).psnr(reference))
          .as("frame %d", i)
          .isGreaterThanOrEqualTo(SAME_FRAME_DB);
    }
    assertThat(Files.size(SmallRender.only(outdir, ".mp4"))).isPositive();
  }
}
