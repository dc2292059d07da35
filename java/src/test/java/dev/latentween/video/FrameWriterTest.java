package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.settings.UserError;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class FrameWriterTest {
  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(ints = {8, 16})
  void pixelsComeBackFromTheFiles(int bitDepth) throws Exception {
    FrameFiles files = new FrameFiles(dir.resolve("new/folder"), "20230217", 64, 128, bitDepth);
    ByteBuffer batch = ByteBuffer.allocateDirect(files.frameBytes());
    try (FrameWriter writer = new FrameWriter(files, 2)) {
      for (int i = 0; i < 20; i++) {
        // The engine's buffer is overwritten as soon as submit returns.
        writer.submit(i, "", batch.clear().put(Frames.noise(files, i)).flip());
        assertThat(batch.remaining()).isEqualTo(files.frameBytes());
      }
    }
    assertThat(files.dir().toFile().list()).hasSize(20);
    for (int i = 0; i < 20; i++) {
      Path path = files.dir().resolve(String.format("20230217_%05d.png", i));
      BufferedImage image = ImageIO.read(path.toFile());
      int[] samples = image.getRaster().getPixels(0, 0, 64, 128, (int[]) null);
      byte[] expected = Frames.bytes(Frames.noise(files, i));
      for (int s = 0; s < samples.length; s++) {
        int sample =
            bitDepth == 8
                ? expected[s] & 255
                : (expected[2 * s] & 255) | (expected[2 * s + 1] & 255) << 8;
        assertThat(samples[s]).isEqualTo(sample);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a café\nSteps: 20", "a city, 夜\nSteps: 20"})
  void thePngCarriesItsParameters(String parameters) throws Exception {
    FrameFiles files = new FrameFiles(dir, "t", 64, 64, 8);
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      writer.submit(0, parameters, Frames.noise(files, 0));
    }
    var reader = ImageIO.getImageReadersByFormatName("png").next();
    reader.setInput(ImageIO.createImageInputStream(files.path(0).toFile()));
    var metadata = reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
    boolean latin = parameters.contains("é");
    NodeList entries = ((Element) metadata).getElementsByTagName(latin ? "tEXtEntry" : "iTXtEntry");
    assertThat(entries.getLength()).isEqualTo(1);
    Element entry = (Element) entries.item(0);
    assertThat(entry.getAttribute("keyword")).isEqualTo("parameters");
    assertThat(entry.getAttribute(latin ? "value" : "text")).isEqualTo(parameters);
  }

  @Test
  void aFrameThatCannotBeWrittenIsSaidOnceWithItsPathAndTheReason() throws Exception {
    FrameFiles files = new FrameFiles(dir, "t", 64, 64, 8);
    Files.createDirectories(dir.resolve(".partial-t_00001.png/in the way"));
    FrameWriter writer = new FrameWriter(files, 1);
    writer.submit(0, "", Frames.noise(files, 0));
    writer.submit(1, "", Frames.noise(files, 1));
    String message = "cannot write " + files.path(1) + ": Is a directory";
    assertThatThrownBy(
            () -> {
              for (int i = 2; i < 50; i++) {
                writer.submit(i, "", Frames.noise(files, i));
              }
            })
        .isInstanceOf(UserError.class)
        .hasMessage(message);
    writer.close();
    assertThat(files.isWhole(0)).isTrue();

    FrameWriter other = new FrameWriter(files, 1);
    other.submit(1, "", Frames.noise(files, 1));
    assertThatThrownBy(other::close).isInstanceOf(UserError.class).hasMessage(message);
    other.close();
  }

  /** A disk that does not take the first frame yet: a pipe that nobody reads. */
  @Test
  void submitWaitsWhenTheDiskIsBehindSoThatFramesDoNotPileUp() throws Exception {
    FrameFiles files = new FrameFiles(dir, "t", 64, 64, 8);
    Path pipe = dir.resolve(".partial-t_00000.png");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    FrameWriter writer = new FrameWriter(files, 1);
    writer.submit(0, "", Frames.noise(files, 0));
    writer.submit(1, "", Frames.noise(files, 1));
    var third = CompletableFuture.runAsync(() -> writer.submit(2, "", Frames.noise(files, 2)));
    assertThatThrownBy(() -> third.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    Files.newInputStream(pipe).close();
    third.get(10, TimeUnit.SECONDS);
    assertThatThrownBy(writer::close).hasMessageContaining(files.path(0).toString());
  }

  /** In memory that has room for the frames but not for the encoder. */
  public static void main(String[] args) {
    FrameFiles files = new FrameFiles(Path.of(args[0]), "t", 2048, 2048, 8);
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      writer.submit(0, "", ByteBuffer.allocateDirect(files.frameBytes()));
    }
  }

  @Test
  void whatHasNoMemoryToWriteFailsInsteadOfLosingFrames() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx40m",
                "-cp",
                System.getProperty("java.class.path"),
                FrameWriterTest.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("OutOfMemoryError");
    assertThat(process.waitFor()).isNotZero();
  }

  @Test
  void aBufferOfAnotherSizeIsRefused() {
    FrameFiles files = new FrameFiles(dir, "t", 64, 64, 16);
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      assertThatThrownBy(() -> writer.submit(3, "", ByteBuffer.allocate(64 * 64 * 3)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("frame 3 has 12288 bytes, not 24576");
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsSaidAtOnce() throws Exception {
    Path file = Files.createFile(dir.resolve("file"));
    FrameFiles files = new FrameFiles(file, "t", 64, 64, 8);
    assertThatThrownBy(() -> new FrameWriter(files, 1))
        .isInstanceOf(UserError.class)
        .hasMessage("cannot make the folder " + file + ": a file of that name is in the way");
  }
}
