package dev.latentween.video;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.settings.Fit;
import dev.latentween.settings.UserError;
import java.awt.image.BufferedImage;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is expected was made with PIL, by tools/reference/init_images.py. */
class InitImageTest {
  @TempDir Path dir;

  static URI resource(String name) throws Exception {
    return InitImageTest.class.getResource("/init_image/" + name).toURI();
  }

  /** Read by other code than the product's. */
  private static byte[] expected(String name) throws Exception {
    BufferedImage image = ImageIO.read(resource(name).toURL());
    byte[] rgb = new byte[image.getWidth() * image.getHeight() * 3];
    for (int i = 0; i < rgb.length / 3; i++) {
      int pixel = image.getRGB(i % image.getWidth(), i / image.getWidth());
      rgb[3 * i] = (byte) (pixel >> 16);
      rgb[3 * i + 1] = (byte) (pixel >> 8);
      rgb[3 * i + 2] = (byte) pixel;
    }
    return rgb;
  }

  private static byte[] loaded(URI source, int width, int height, Fit fit) {
    ByteBuffer rgb = InitImage.load(source, width, height, fit);
    assertThat(rgb.isDirect()).isTrue();
    byte[] bytes = new byte[rgb.remaining()];
    rgb.get(bytes);
    return bytes;
  }

  @ParameterizedTest
  @CsvSource({
    "STRETCH, 64, 64",
    "STRETCH, 16, 8",
    "STRETCH, 64, 16",
    "STRETCH, 16, 64",
    "STRETCH, 37, 64",
    "STRETCH, 64, 29",
    "STRETCH, 37, 29",
    "CROP, 64, 64",
    "CROP, 64, 16",
    "PAD, 64, 64",
    "PAD, 64, 16"
  })
  void isResizedAsPilDoesBitForBit(Fit fit, int width, int height) throws Exception {
    String name = fit.name().toLowerCase(java.util.Locale.ROOT) + "_" + width + "x" + height;
    assertThat(loaded(resource("source.png"), width, height, fit))
        .isEqualTo(expected(name + ".png"));
  }

  /** Sizes are the nearest whole ones, and the odd column that hangs over goes on the left. */
  @Test
  void theMiddleIsWhereItIsAlsoOfOddSizes() throws Exception {
    InitImage.Picture three = new InitImage.Picture(new byte[] {0, 0, 0, 1, 1, 1, 2, 2, 2}, 3, 1);
    assertThat(three.centered(2, 1).rgb()).containsExactly(1, 1, 1, 2, 2, 2);
    assertThat(three.centered(4, 1).rgb()).containsExactly(0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0);

    Path white = dir.resolve("white.png");
    try (PngEncoder encoder = new PngEncoder(100, 67, 8);
        FileChannel out = FileChannel.open(white, CREATE, WRITE)) {
      byte[] pixels = new byte[100 * 67 * 3];
      java.util.Arrays.fill(pixels, (byte) 255);
      encoder.encode(pixels, "", out);
    }
    byte[] padded = loaded(white.toUri(), 64, 64, Fit.PAD);
    int bright = 0;
    for (byte value : padded) {
      bright += value == 0 ? 0 : 1;
    }
    assertThat(bright).as("42.88 rows").isEqualTo(43 * 64 * 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grey.png",
        "grey_alpha.png",
        "one_bit.png",
        "palette.png",
        "palette_transparent.png",
        "rgba.png",
        "source.bmp",
        "source.webp",
        "rgba.webp"
      })
  void everyKindBecomesTheRgbThatPilMakesOfIt(String name) throws Exception {
    assertThat(loaded(resource(name), 37, 29, Fit.STRETCH)).isEqualTo(expected(name + ".rgb.png"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"photo.jpg", "turned.jpg", "grey.jpg"})
  void aJpegIsPilsWithinOneAndIsNotTurned(String name) throws Exception {
    byte[] rgb = loaded(resource(name), 37, 29, Fit.STRETCH);
    byte[] expected = expected(name + ".rgb.png");
    for (int i = 0; i < rgb.length; i++) {
      assertThat(Math.abs((rgb[i] & 255) - (expected[i] & 255))).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void ofSixteenBitsTheHighByteIsTaken() throws Exception {
    FrameFiles files = new FrameFiles(dir, "deep", 2, 1, 16);
    byte[] words = {(byte) 0xff, 0, 0, 1, (byte) 0x80, 2, 0, 3, (byte) 0xff, 4, 0, (byte) 0xff};
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      writer.submit(0, "", ByteBuffer.wrap(words));
    }
    assertThat(loaded(files.path(0).toUri(), 2, 1, Fit.STRETCH))
        .containsExactly(0, 1, 2, 3, 4, 255);
  }

  @Test
  void whatIsMissingOrNoImageIsSaidInOneLine() throws Exception {
    Path text = Files.writeString(dir.resolve("notes.png"), "no picture\n".repeat(100));
    Path empty = Files.createFile(dir.resolve("empty.png"));
    byte[] png = Files.readAllBytes(Path.of(resource("source.png")));
    Path half = Files.write(dir.resolve("half.png"), java.util.Arrays.copyOf(png, 20));
    refused(
        text.toUri(),
        "init_image " + text + ": not a whole image; PNG, JPEG, WebP and BMP can be read");
    refused(
        empty.toUri(),
        "init_image " + empty + ": not a whole image; PNG, JPEG, WebP and BMP can be read");
    refused(
        half.toUri(),
        "init_image " + half + ": not a whole image; PNG, JPEG, WebP and BMP can be read");
    Path huge = dir.resolve("movie.mp4");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(3L << 30);
    }
    refused(huge.toUri(), "init_image " + huge + ": larger than 256 MB");
    Path missing = dir.resolve("no such.png");
    refused(missing.toUri(), "init_image " + missing + ": no such file or folder");
    refused(dir.toUri(), "init_image " + dir + ": Is a directory");
  }

  @Test
  void whatIsTooLargeIsSaidInOneLine() throws Exception {
    Path tall = dir.resolve("tall.png");
    Path vast = dir.resolve("vast.png");
    try (PngEncoder encoder = new PngEncoder(1, 70_000, 8);
        FileChannel out = FileChannel.open(tall, CREATE, WRITE)) {
      encoder.encode(new byte[3 * 70_000], "", out);
    }
    refused(
        tall.toUri(),
        "init_image " + tall + ": is 1x70000 pixels; 65535 a side and 268 million in all are most");
    // Cut short too, but OpenCV stops at the promise: more pixels than it reads.
    byte[] png = Files.readAllBytes(tall);
    byte[] header = PngEncoder.header(100_000, 100_000, 8);
    CRC32 crc = new CRC32();
    System.arraycopy(header, 0, png, 16, header.length);
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    Files.write(vast, png);
    refused(
        vast.toUri(),
        "init_image " + vast + ": not a whole image; PNG, JPEG, WebP and BMP can be read");
  }

  static void refused(URI source, String message) {
    assertThatThrownBy(() -> InitImage.load(source, 64, 64, Fit.STRETCH))
        .isInstanceOf(UserError.class)
        .hasMessage(message);
  }
}
