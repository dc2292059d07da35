package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.latentween.OpenFiles;
import dev.latentween.settings.UserError;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_videoio.VideoCapture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VideoSinkTest {
  private static final int WIDTH = 192;
  private static final int HEIGHT = 128;
  private static final int FRAMES = 20;

  @TempDir Path dir;

  /** Left red, right blue; green grows with the number. */
  private static ByteBuffer frame(int index) {
    ByteBuffer rgb = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      boolean left = i % WIDTH < WIDTH / 2;
      rgb.put((byte) (left ? 220 : 20)).put((byte) (index * 8)).put((byte) (left ? 20 : 220));
    }
    return rgb.flip();
  }

  @ParameterizedTest
  @CsvSource({
    "a.avi, mjpeg, bt470bg",
    "a.mp4, h264, smpte170m",
    "a.webm, vp9, smpte170m",
    "a.GIF, gif, unknown"
  })
  void everyFrameComesBackInOrderAndColour(String name, String codec, String colorspace)
      throws Exception {
    Path path = dir.resolve("made").resolve(name);
    ByteBuffer reused = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3);
    try (VideoSink sink = VideoSink.open(path, WIDTH, HEIGHT, 12)) {
      for (int i = 0; i < FRAMES; i++) {
        sink.write(reused.clear().put(frame(i)).flip());
      }
      assertThat(path).doesNotExist();
      sink.finish();
    }
    assertThat(path.getParent().toFile().list()).containsExactly(name);
    VideoReader video = VideoReader.read(path);
    assertThat(video.codec()).isEqualTo(codec);
    assertThat(avutil.av_color_space_name(video.colorspace()).getString()).isEqualTo(colorspace);
    assertThat(video.width()).isEqualTo(WIDTH);
    assertThat(video.height()).isEqualTo(HEIGHT);
    assertThat(video.frames()).hasSize(FRAMES);
    assertThat(video.seconds()).isCloseTo(FRAMES / 12.0, within(0.011)); // GIF counts in 10 ms
    for (int i = 0; i < FRAMES; i++) {
      assertThat(video.mean(i, 0, 0, 90)).isCloseTo(220, within(4.0));
      assertThat(video.mean(i, 2, 0, 90)).isCloseTo(20, within(4.0));
      assertThat(video.mean(i, 0, 102, WIDTH)).isCloseTo(20, within(4.0));
      assertThat(video.mean(i, 2, 102, WIDTH)).isCloseTo(220, within(4.0));
      assertThat(video.mean(i, 1, 0, 90)).isCloseTo(i * 8, within(3.9));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.avi", "a.mp4", "a.webm", "a.gif"})
  void aVideoOfOneFrameShowsItForAFramesTime(String name) throws Exception {
    Path path = dir.resolve(name);
    try (VideoSink sink = VideoSink.open(path, WIDTH, HEIGHT, 12)) {
      sink.write(frame(0));
      sink.finish();
    }
    VideoReader video = VideoReader.read(path);
    assertThat(video.frames()).hasSize(1);
    assertThat(video.seconds()).isCloseTo(1 / 12.0, within(0.011));
  }

  /** The picture an untrained model gives; it overflowed openh264 where its quality was higher. */
  @ParameterizedTest
  @CsvSource({"a.avi, 64", "a.mp4, 64", "a.mp4, 128", "a.mp4, 512", "a.webm, 64", "a.gif, 64"})
  void blackAndWhiteNoiseIsEncoded(String name, int size) {
    Random random = new Random(0);
    ByteBuffer noise = ByteBuffer.allocateDirect(size * size * 3);
    try (VideoSink sink = VideoSink.open(dir.resolve(name), size, size, 12)) {
      for (int i = 0; i < 10; i++) {
        noise.clear();
        while (noise.hasRemaining()) {
          byte value = (byte) (random.nextBoolean() ? 255 : 0);
          noise.put(value).put(value).put(value);
        }
        sink.write(noise.flip());
      }
      sink.finish();
    }
  }

  @Test
  void anEncoderThatRefusesTheSizeSaysSoAtOnce() {
    assertThatThrownBy(() -> VideoSink.open(dir.resolve("a.mp4"), 16384, 16384, 12))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith("a.mp4: libopenh264 takes no 16384x16384 at 12.0 frames a second");
    assertThat(dir).isEmptyDirectory();
  }

  @Test
  void openCvReadsItsAviBack() throws Exception {
    Path path = dir.resolve("a.avi");
    try (VideoSink sink = VideoSink.open(path, WIDTH, HEIGHT, 15)) {
      for (int i = 0; i < FRAMES; i++) {
        sink.write(frame(i));
      }
      sink.finish();
    }
    try (VideoCapture capture = new VideoCapture(path.toString());
        Mat image = new Mat()) {
      int count = 0;
      while (capture.read(image)) {
        assertThat(image.cols()).isEqualTo(WIDTH);
        assertThat(image.ptr(9, 9).get(2) & 255).as("red").isBetween(216, 224);
        count++;
      }
      assertThat(count).isEqualTo(FRAMES);
      assertThat(capture.get(org.bytedeco.opencv.global.opencv_videoio.CAP_PROP_FPS)).isEqualTo(15);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.avi", "a.mp4", "a.webm", "a.gif"})
  void closedBeforeItsEndItLeavesNothingAndKeepsTheOldOne(String name) throws Exception {
    Path path = dir.resolve(name);
    Files.writeString(path, "the last one");
    try (VideoSink sink = VideoSink.open(path, WIDTH, HEIGHT, 12)) {
      sink.write(frame(0));
    }
    assertThat(dir.toFile().list()).containsExactly(name);
    assertThat(path).hasContent("the last one");
    assertThat(OpenFiles.below(dir)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.avi", "a.mp4", "a.webm", "a.gif"})
  void aFrameOfAnotherSizeIsAnErrorNotAnEmptyFile(String name) {
    try (VideoSink sink = VideoSink.open(dir.resolve(name), WIDTH, HEIGHT, 12)) {
      ByteBuffer small = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3 - 1);
      assertThatThrownBy(() -> sink.write(small))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("frame 0 has 73727 bytes");
      assertThatThrownBy(sink::finish).isInstanceOf(IllegalStateException.class);
    }
    assertThat(dir).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.mkv", "avi", "a"})
  void anUnknownEndingNamesTheFourThatAreKnown(String name) {
    assertThatThrownBy(() -> VideoSink.open(dir.resolve(name), WIDTH, HEIGHT, 12))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(name)
        .hasMessageContaining("avi, mp4, webm, gif");
    assertThat(dir).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.avi", "a.mp4"})
  void aPlaceThatCannotBeWrittenFailsBeforeTheFirstFrame(String name) throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "not a folder");
    assertThatThrownBy(() -> VideoSink.open(file.resolve(name), WIDTH, HEIGHT, 12))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(name);
  }

  @Test
  void anMp4StartsWithItsIndexSoThatBrowsersPlayItWhileItLoads() throws Exception {
    Path path = dir.resolve("a.mp4");
    try (VideoSink sink = VideoSink.open(path, WIDTH, HEIGHT, 12)) {
      sink.write(frame(0));
      sink.finish();
    }
    String bytes = Files.readString(path, StandardCharsets.ISO_8859_1);
    assertThat(bytes.indexOf("moov")).isPositive().isLessThan(bytes.indexOf("mdat"));
  }
}
