package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.settings.Fit;
import dev.latentween.video.InitImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RenderCommandTest {
  private static final Path PICTURE = Path.of("src/test/resources/init_image/source.png");

  @TempDir Path folder;
  private Path city;

  @BeforeEach
  void writeTheTutorialsSettings() throws IOException {
    Files.createFile(folder.resolve("city-street.jpg"));
    city =
        Files.writeString(
            folder.resolve("city.json"),
            """
            {
              "animation_mode": "Interpolation",
              "interpolate_x_frames": 16,
              "W": 801,
              "H": 512,
              "use_init": true,
              "strength": 0.6,
              "init_image": "city-street.jpg",
              "animation_prompts": {"0": "a", "1": "b", "2": "c", "3": "d", "4": "e", "5": "f", "6": "g"}
            }
            """);
  }

  @Test
  void dryRunTellsWhatWouldBeRendered() {
    Cli cli = Cli.run("render", city, "--dry-run", "-s", "seed=7", "--outdir", folder.resolve("o"));
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out())
        .contains("frames      103\n")
        .contains("key frames  0, 17, 34, 51, 68, 85, 102\n")
        .contains("steps       20 a frame, 2060 in all\n")
        .contains("size        768x512\n")
        .contains("length      6.87 s\n")
        .contains("folder      " + folder.resolve("o") + "\n")
        .containsPattern("video       " + folder.resolve("o") + "/\\d{14}\\.mp4\n")
        .containsPattern("  seed +7\n")
        .containsPattern("  sampler +\"euler_ancestral\"\n");
    assertThat(cli.err()).isEqualTo("note: W is 768, not 801: sizes are multiples of 64\n");
    assertThat(folder.resolve("o")).as("nothing is written").doesNotExist();
  }

  @Test
  void drawnSeedIsTold() {
    assertThat(Cli.run("render", city, "--dry-run").err())
        .containsPattern("note: seed is \\d+, drawn; give it to get these frames again\n");
  }

  @Test
  void settingsOnTheCommandLineGoFirst() {
    Cli cli =
        Cli.run(
            "render",
            city,
            "--dry-run",
            "-s",
            "W=64",
            "-s",
            "prompts=[\"x\", \"y=z\"]",
            "-s",
            "fit=pad",
            "--fit",
            "crop",
            "--precision",
            "fp8",
            "--compat",
            "dsd-0.7.1");
    assertThat(cli.out())
        .contains("size        64x512\n")
        .contains("frames      18\n")
        .contains("{\"0\":\"x\",\"1\":\"y=z\"}")
        .containsPattern("  fit +\"crop\"\n")
        .containsPattern("  precision +\"fp8\"\n")
        .containsPattern("  compat +\"dsd-0.7.1\"\n");
  }

  @ParameterizedTest
  @CsvSource({"a.avi", "a.mp4", "a.webm", "a.gif", "A.GIF"})
  void videoIsWhereItIsAskedFor(String name) {
    Cli cli = Cli.run("render", city, "--dry-run", "-o", folder.resolve(name));
    assertThat(cli.out()).contains("video       " + folder.resolve(name) + "\n");
  }

  static Stream<String[]> mistakes() {
    return Stream.of(
        new String[] {"-o", "a.mov", "--output is a.mov; its ending must be one of avi, mp4,"},
        new String[] {"--output", "mp4", "--output is mp4; its ending must be"},
        new String[] {"-o", "/", "--output is /; its ending must be one of avi"},
        new String[] {"--batch", "0", "--batch is 0; it must be at least 1"},
        new String[] {"--batch", "many", "--batch is many; it must be at least 1, or auto"},
        new String[] {"--device", "gpu", "--device is gpu; it must be cpu, cuda,"},
        new String[] {"-s", "steps", "KEY=VALUE"},
        new String[] {"-s", "stpes=3", "did you mean \"steps\"?"},
        new String[] {"-s", "W=32", "W is 32; it must be a whole number from 64"},
        new String[] {"--fit", "cover", "fit is \"cover\"; it must be one of stretch"},
        new String[] {"--precision", "int4", "precision is \"int4\"; it must be one of"},
        new String[] {"--compat", "a1111", "compat is \"a1111\"; it must be one of"},
        new String[] {"-s", "init_image=a\nb", "there is no file"});
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistakesAreOneLineAndExitCode2(String option, String value, String message) {
    Cli cli = Cli.run("render", city, "--dry-run", option, value);
    assertThat(cli.exitCode()).isEqualTo(2);
    assertThat(cli.err()).startsWith("error: ").contains(message).hasLineCount(1);
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void resumeOfNothingIsTold() {
    Cli cli =
        Cli.run(
            "render", city, "--dry-run", "--resume", "-s", "use_init=false", "--outdir", folder);
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.err())
        .contains(
            "note: nothing to resume in "
                + folder
                + ": no render there has the same settings and model\n");
  }

  @Test
  void resumeKeepsTheTimestringAndTheSeed() throws IOException {
    Path outdir = Files.createDirectory(folder.resolve("o"));
    String hash = InitImage.hash(InitImage.load(PICTURE.toUri(), 768, 512, Fit.STRETCH));
    String recorded = "{\"model_checkpoint\": \"m\", \"init_image_sha256\": \"" + hash + "\",";
    String settings = Files.readString(city).replaceFirst("\\{", recorded);
    Files.writeString(outdir.resolve("20230101000000_settings.txt"), settings);
    Files.copy(PICTURE, outdir.resolve("city-street.jpg"));
    String asBefore = "init_image=" + outdir.resolve("city-street.jpg");
    Cli cli =
        Cli.run(
            "render",
            city,
            "--dry-run",
            "--resume",
            "--outdir",
            outdir,
            "-s",
            asBefore,
            "--model",
            "m.safetensors");
    assertThat(cli.out()).contains("video       " + outdir.resolve("20230101000000.mp4") + "\n");
    assertThat(cli.err()).doesNotContain("drawn", "nothing to resume");
  }
}
