package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.settings.UserError;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FullDiskTest {
  @TempDir Path dir;

  @Test
  void framesSoFarStayWholeAndTheLineSaysHowToGoOn() throws Exception {
    try (TinyDisk disk = TinyDisk.mount(dir, 256)) {
      FrameFiles files = new FrameFiles(disk.dir(), "t", 128, 128, 8); // 48 KB each: five have room
      FrameWriter writer = new FrameWriter(files, 2);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 50; i++) {
                  writer.submit(i, "", Frames.noise(files, i));
                }
              })
          .isInstanceOf(UserError.class)
          .hasMessageMatching(
              "cannot write .*t_0000\\d.png: No space left on device;"
                  + " free some space, then go on with --resume");
      writer.close();
      String[] left = disk.dir().toFile().list();
      assertThat(left).hasSizeBetween(4, 5); // two threads may share the last space and both fail
      for (String name : left) {
        assertThat(name).startsWith("t_");
        assertThat(files.isWhole(Integer.parseInt(name.substring(2, 7)))).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.avi", "a.mp4", "a.webm", "a.gif"})
  void aVideoThatDoesNotFitIsAnErrorAndLeavesNoFile(String name) throws Exception {
    try (TinyDisk disk = TinyDisk.mount(dir, 64)) {
      Random random = new Random(0);
      byte[] noise = new byte[128 * 128 * 3];
      ByteBuffer frame = ByteBuffer.allocateDirect(noise.length);
      assertThatThrownBy(
              () -> {
                try (VideoSink sink = VideoSink.open(disk.dir().resolve(name), 128, 128, 12)) {
                  for (int i = 0; i < 40; i++) {
                    random.nextBytes(noise);
                    sink.write(frame.clear().put(noise).flip());
                  }
                  sink.finish();
                }
              })
          .isInstanceOf(UserError.class)
          .hasMessageContaining(name + ": No space left on device; free some space");
      assertThat(Arrays.stream(disk.dir().toFile().listFiles()).map(File::getName)).isEmpty();
    }
  }
}
