package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.model.TinyModel;
import dev.latentween.video.VideoReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A frame depends on its settings alone, however it comes to be rendered. */
class SameBitsTest {
  @TempDir static Path shared;
  private static Path settings;
  private static Path whole;
  private static List<byte[]> frames;

  @TempDir Path temp;

  @BeforeAll
  static void renderOnce() throws IOException {
    settings = SmallRender.settings(shared);
    whole = shared.resolve("whole");
    SmallRender.into(settings, whole);
    frames = SmallRender.frames(whole);
    // As buffers, which are compared by what they hold; arrays are not always.
    assertThat(frames.stream().map(ByteBuffer::wrap))
        .hasSize(SmallRender.FRAMES)
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({"1, cpu", "3, cpu", "32, cpu", "auto, 'cpu,cpu'", "1, 'cpu,cpu'", "3, 'cpu,cpu,cpu'"})
  void inBatchesOnEngines(String batch, String devices) throws IOException {
    Path video = temp.resolve("v.mp4");
    Path outdir = temp.resolve("o");
    SmallRender.into(settings, outdir, "--batch", batch, "--device", devices, "-o", video);
    SmallRender.assertSameFrames(outdir, frames);
    assertThat(video).hasSameBinaryContentAs(SmallRender.only(whole, ".mp4"));
  }

  @Test
  void inAnotherProcessUnderAnAsciiLocale() throws Exception {
    try (Child child =
        Child.start(
            temp.resolve("log"),
            "C",
            List.of("-Dfile.encoding=US-ASCII"),
            SmallRender.command(settings, temp.resolve("o"), "--batch", 3))) {
      assertThat(child.exitCode(120)).as(child.said()).isZero();
    }
    SmallRender.assertSameFrames(temp.resolve("o"), frames);
  }

  @Test
  void fromTheSettingsWrittenBeside() throws IOException {
    Cli cli = SmallRender.into(SmallRender.only(whole, "_settings.txt"), temp.resolve("o"));
    assertThat(cli.err()).doesNotContain("note: ");
    SmallRender.assertSameFrames(temp.resolve("o"), frames);
  }

  /** The video has kept and rendered frames in turn. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void whenOnlyMissingAndDamagedFramesAreRendered(int batch) throws Exception {
    Path outdir = TinyModel.copy(whole, temp.resolve("o"));
    List<Path> pngs = SmallRender.pngs(outdir);
    for (Path png : pngs) {
      Files.setLastModifiedTime(png, FileTime.fromMillis(0));
    }
    Files.delete(pngs.get(1));
    Files.delete(pngs.get(2));
    Files.write(pngs.get(4), Arrays.copyOf(frames.get(4), frames.get(4).length / 2));
    byte[] flipped = frames.get(11).clone();
    flipped[flipped.length / 2] ^= 1;
    Files.write(pngs.get(11), flipped);
    Path video = temp.resolve("v.avi");

    Cli cli = SmallRender.into(settings, outdir, "--resume", "--batch", batch, "-o", video);

    assertThat(cli.err()).contains("keeping 8 of 12 frames");
    assertThat(SmallRender.pngs(outdir)).isEqualTo(pngs);
    SmallRender.assertSameFrames(outdir, frames);
    for (int i : new int[] {0, 3, 5, 10}) {
      assertThat(Files.getLastModifiedTime(pngs.get(i)).toMillis()).as("kept").isZero();
    }
    assertVideoIsInOrder(video);
  }

  private static void assertVideoIsInOrder(Path path) throws Exception {
    VideoReader video = VideoReader.read(path);
    List<Path> pngs = SmallRender.pngs(whole);
    assertThat(video.frames()).hasSameSizeAs(pngs);
    for (int i = 0; i < pngs.size(); i++) {
      int nearest = 0;
      for (int j = 1; j < pngs.size(); j++) {
        if (distance(video, i, pngs.get(j)) < distance(video, i, pngs.get(nearest))) {
          nearest = j;
        }
      }
      assertThat(nearest).as("what the video shows as frame %d", i).isEqualTo(i);
    }
  }

  private static double distance(VideoReader video, int frame, Path png) throws IOException {
    int[] rgb = Picture.read(png).rgb();
    double sum = 0;
    for (int i = 0; i < rgb.length; i++) {
      sum += Math.pow((video.frames().get(frame)[i] & 255) - rgb[i], 2);
    }
    return sum;
  }

  @Test
  void resumeWithNothingToResumeStartsARender() throws IOException {
    Cli cli = SmallRender.into(settings, temp.resolve("o"), "--resume");
    assertThat(cli.err()).doesNotContain("keeping");
    SmallRender.assertSameFrames(temp.resolve("o"), frames);
  }

  @Test
  void resumeLeavesAnotherModelsFramesAlone() throws IOException {
    Path outdir = TinyModel.copy(whole, temp.resolve("o"));
    Path other = TinyModel.copy(TinyModel.FOLDER, temp.resolve("other"));
    Cli cli =
        Cli.run(
            "render",
            settings,
            "--model",
            other,
            "--outdir",
            outdir,
            "--device",
            "cpu",
            "--resume");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.err()).doesNotContain("keeping");
    assertThat(SmallRender.pngs(outdir)).hasSize(2 * SmallRender.FRAMES);
  }

  @Test
  void resumeLeavesAnotherInitImagesFramesAlone() throws IOException {
    Path outdir = temp.resolve("o");
    Path init = temp.resolve("init.png");
    Object[] options = {
      "--resume", "-s", "use_init=true", "-s", "strength=0.5", "-s", "init_image=" + init
    };
    List<Path> pictures = SmallRender.pngs(whole);
    Files.copy(pictures.get(0), init);
    SmallRender.into(settings, outdir, options);
    assertThat(SmallRender.into(settings, outdir, options).err()).contains("keeping 12 of 12");
    Files.copy(pictures.get(11), init, StandardCopyOption.REPLACE_EXISTING);
    assertThat(SmallRender.into(settings, outdir, options).err()).doesNotContain("keeping");
    assertThat(SmallRender.pngs(outdir)).hasSize(2 * SmallRender.FRAMES);
  }

  @Test
  void resumeTimestringNamesTheRenderToContinue() throws IOException {
    Path outdir = TinyModel.copy(whole, temp.resolve("o"));
    SmallRender.into(settings, outdir);
    List<Path> pngs = SmallRender.pngs(outdir);
    assertThat(pngs).as("a second render beside the first").hasSize(2 * SmallRender.FRAMES);
    Files.delete(pngs.get(0));
    String timestring = pngs.get(0).getFileName().toString().substring(0, 14);

    Cli cli =
        SmallRender.into(
            settings,
            outdir,
            "-s",
            "resume_from_timestring=true",
            "-s",
            "resume_timestring=" + timestring);

    assertThat(cli.err()).contains("keeping 11 of 12 frames");
    assertThat(Files.readAllBytes(pngs.get(0))).isEqualTo(frames.get(0));
    assertThat(SmallRender.pngs(outdir)).isEqualTo(pngs);
  }
}
