package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameFilesTest {
  @TempDir Path dir;
  private FrameFiles files;
  private byte[] png;

  @BeforeEach
  void writeFrameSeven() throws Exception {
    files = new FrameFiles(dir, "t", 16, 8, 8);
    try (FrameWriter writer = new FrameWriter(files, 1)) {
      writer.submit(7, "a prompt", Frames.noise(files, 7));
    }
    png = Files.readAllBytes(files.path(7));
  }

  @Test
  void namesHaveFiveDigitsOrMore() {
    FrameFiles named = new FrameFiles(dir, "20230217120000", 16, 8, 8);
    assertThat(named.path(42)).isEqualTo(dir.resolve("20230217120000_00042.png"));
    assertThat(files.path(123456)).isEqualTo(dir.resolve("t_123456.png"));
  }

  @Test
  void aWholeFrameIsWhole() {
    assertThat(files.isWhole(7)).isTrue();
    assertThat(files.isWhole(6)).as("missing").isFalse();
  }

  @Test
  void aChangeOfAnyByteIsSeen() throws Exception {
    for (int i = 0; i < png.length; i++) {
      byte[] damaged = png.clone();
      damaged[i] ^= 1;
      Files.write(files.path(7), damaged);
      assertThat(files.isWhole(7)).as("byte %d", i).isFalse();
    }
  }

  @Test
  void aFileCutShortAnywhereIsSeen() throws Exception {
    for (int length = 0; length < png.length; length++) {
      Files.write(files.path(7), Arrays.copyOf(png, length));
      assertThat(files.isWhole(7)).as("%d bytes", length).isFalse();
    }
  }

  @Test
  void aFrameOfAnotherSizeOrDepthIsNotThisRenders() {
    assertThat(new FrameFiles(dir, "t", 8, 16, 8).isWhole(7)).isFalse();
    assertThat(new FrameFiles(dir, "t", 16, 16, 8).isWhole(7)).isFalse();
    assertThat(new FrameFiles(dir, "t", 16, 8, 16).isWhole(7)).isFalse();
    assertThat(new FrameFiles(dir, "t", 8, 8, 16).isWhole(7)).as("as many bytes").isFalse();
  }

  @Test
  void framesAreReadBackForTheVideo() throws Exception {
    ByteBuffer rgb = ByteBuffer.allocateDirect(16 * 8 * 3);
    files.readRgb8(7, rgb);
    assertThat(rgb).isEqualTo(Frames.noise(files, 7));

    FrameFiles deep = new FrameFiles(dir, "deep", 16, 8, 16);
    try (FrameWriter writer = new FrameWriter(deep, 1)) {
      writer.submit(0, "", Frames.noise(deep, 0));
    }
    deep.readRgb8(0, rgb);
    ByteBuffer words = Frames.noise(deep, 0).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rgb.limit(); i++) {
      int word = words.getShort(2 * i) & 0xffff;
      assertThat(rgb.get(i) & 0xff).as("of %d", word).isEqualTo(Math.min(255, word / 255));
    }
    assertThatThrownBy(() -> files.readRgb8(8, rgb)).isInstanceOf(IOException.class);
  }

  /** Whole chunks, but rows that are missing. */
  @Test
  void aFrameOfTooFewPixelsIsNotWhole() throws Exception {
    byte[] taller = PngEncoder.header(16, 9, 8);
    CRC32 crc = new CRC32();
    System.arraycopy(taller, 0, png, 16, taller.length);
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    Files.write(files.path(7), png);
    assertThat(new FrameFiles(dir, "t", 16, 9, 8).isWhole(7)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"grey.png", "rgba.png", "palette.png"})
  void aPngOfAnotherKindIsNotAFrame(String name) throws Exception {
    Files.copy(Path.of(InitImageTest.resource(name)), dir.resolve("k_00000.png"));
    assertThat(new FrameFiles(dir, "k", 37, 29, 8).isWhole(0)).isFalse();
  }

  @Test
  void aFrameThatAnotherProgramRewroteIsReadWhateverItsFilters() throws Exception {
    Files.copy(Path.of(InitImageTest.resource("source.png")), dir.resolve("k_00000.png"));
    ByteBuffer rgb = ByteBuffer.allocateDirect(37 * 29 * 3);
    new FrameFiles(dir, "k", 37, 29, 8).readRgb8(0, rgb);
    assertThat(rgb)
        .isEqualTo(
            InitImage.load(
                InitImageTest.resource("source.png"), 37, 29, dev.latentween.settings.Fit.STRETCH));
  }
}
