package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.model.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The smallest render that shows everything: a frame takes a few hundredths of a second. */
final class SmallRender {
  static final int FRAMES = 12;

  private static final String SETTINGS =
      """
      {
        "prompts": ["a city, café über 城市", "a beautiful and modern city"],
        "neg_prompts": ["night", ""],
        "interpolate_x_frames": 10, "W": 64, "H": 64, "steps": 2, "scale": 5, "seed": 5
      }
      """;

  private SmallRender() {}

  static Path settings(Path folder) throws IOException {
    return Files.writeString(folder.resolve("small.json"), SETTINGS, StandardCharsets.UTF_8);
  }

  /** The words of a command line that renders settings into a folder. */
  static List<String> command(Path settings, Path outdir, Object... more) {
    List<String> words = new ArrayList<>(List.of("render", settings.toString()));
    words.addAll(List.of("--model", TinyModel.FOLDER.toString(), "--outdir", outdir.toString()));
    if (!List.of(more).contains("--device")) {
      words.addAll(List.of("--device", "cpu"));
    }
    Arrays.stream(more).map(Object::toString).forEach(words::add);
    return words;
  }

  /** Renders into a folder. */
  static Cli into(Path settings, Path outdir, Object... more) {
    Cli cli = Cli.run(command(settings, outdir, more).toArray());
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    return cli;
  }

  /** The numbered PNGs in order. */
  static List<Path> pngs(Path outdir) throws IOException {
    return matching(outdir, "\\d{14}_\\d{5}\\.png");
  }

  /** The one file whose name ends so. */
  static Path only(Path outdir, String ending) throws IOException {
    List<Path> found = matching(outdir, ".*" + ending.replace(".", "\\."));
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  /** The bytes of every frame in order. */
  static List<byte[]> frames(Path outdir) throws IOException {
    List<byte[]> frames = new ArrayList<>();
    for (Path png : pngs(outdir)) {
      frames.add(Files.readAllBytes(png));
    }
    return frames;
  }

  static void assertSameFrames(Path outdir, List<byte[]> expected) throws IOException {
    List<byte[]> frames = frames(outdir);
    assertThat(frames).hasSameSizeAs(expected);
    for (int i = 0; i < frames.size(); i++) {
      assertThat(frames.get(i)).as("frame %d", i).isEqualTo(expected.get(i));
    }
  }

  private static List<Path> matching(Path folder, String pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }
}
