package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first command of the README, key frames alone: the model that ships draws what the prompts
 * say. From a warzone at night under dark clouds to a modern city with blue sky and green trees.
 */
class DemoRenderTest {
  private static final Path EXAMPLE = Path.of("../examples/city.json");
  @TempDir private static Path folder;
  private static List<Picture> keys;

  @BeforeAll
  static void render() throws IOException {
    Cli cli =
        Cli.run(
            "render",
            EXAMPLE,
            "--outdir",
            folder,
            "-o",
            folder.resolve("city.mp4"),
            "--device",
            "cpu",
            "-s",
            "interpolate_x_frames=0");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    keys = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path png : files.filter(file -> file.toString().endsWith(".png")).sorted().toList()) {
        keys.add(Picture.read(png));
      }
    }
  }

  @Test
  void aFrameForEachPrompt() {
    assertThat(keys).hasSize(7);
  }

  @Test
  void theSkyClearsFromPromptToPrompt() {
    List<Double> sky = keys.stream().map(DemoRenderTest::skyLuminance).toList();
    // The last two prompts have the same blue sky.
    assertThat(sky.subList(0, 6)).isSorted().doesNotHaveDuplicates();
    assertThat(sky.get(0)).isLessThan(60);
    assertThat(sky.get(5)).isGreaterThan(150);
    assertThat(sky.get(6)).isGreaterThan(150);
  }

  @Test
  void greenTreesComeWithTheLastPrompt() {
    List<Double> green = keys.stream().map(DemoRenderTest::greenShare).toList();
    // Zombies are green, too, and only the first prompt has them.
    assertThat(green.get(0)).isBetween(0.01, 0.2);
    assertThat(green.subList(1, 6)).allSatisfy(share -> assertThat(share).isLessThan(0.02));
    assertThat(green.get(6)).isGreaterThan(0.3);
  }

  /** Mean luminance of the upper three tenths, 0 to 255 (ITU-R BT.601). */
  private static double skyLuminance(Picture picture) {
    int pixels = picture.width() * (picture.height() * 3 / 10);
    double sum = 0;
    for (int i = 0; i < pixels; i++) {
      int[] rgb = picture.rgb();
      sum += 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2];
    }
    return sum / pixels;
  }

  /** Share of clearly green pixels in the lower half. */
  private static double greenShare(Picture picture) {
    int pixels = picture.width() * picture.height();
    int green = 0;
    for (int i = pixels / 2; i < pixels; i++) {
      int[] rgb = picture.rgb();
      if (rgb[3 * i + 1] > 1.15 * rgb[3 * i] && rgb[3 * i + 1] > 1.15 * rgb[3 * i + 2]) {
        green++;
      }
    }
    return green / (pixels / 2.0);
  }
}
