package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.schedule.Frame;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.settings.UserError;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.VideoSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where memory for frames that are rendered does not suffice. */
@Timeout(60)
class FrameOutputTest {
  @TempDir Path temp;
  private Settings settings;

  @BeforeEach
  void read() throws IOException {
    Map<String, String> outdir = Map.of("outdir", temp.resolve("o").toString());
    settings = new SettingsReader().read(SmallRender.settings(temp), outdir).settings();
  }

  private FrameOutput output(VideoSink sink, int batch) {
    FrameFiles files = new FrameFiles(settings.outdir(), "t", 64, 64, 8);
    return new FrameOutput(settings, files, "model", sink, batch, 3);
  }

  @Test
  void batchesWithoutRoomAreOneLine() {
    try (VideoSink sink = VideoSink.open(temp.resolve("v.avi"), 64, 64, 15)) {
      assertThatThrownBy(() -> output(sink, 999_999))
          .isInstanceOf(UserError.class)
          .hasMessage("no memory for 3 batches of 999999 frames; name a smaller --batch");
    }
    assertThat(settings.outdir()).doesNotExist();
  }

  @Test
  void noFrameIsLostInSilence() {
    List<Frame> frames =
        new AbstractList<>() {
          @Override
          public Frame get(int index) {
            throw new OutOfMemoryError("Java heap space");
          }

          @Override
          public int size() {
            return 1;
          }
        };
    try (VideoSink sink = VideoSink.open(temp.resolve("v.avi"), 64, 64, 15);
        FrameOutput output = output(sink, 1)) {
      output.write(frames, output.takeBuffer());
      assertThatThrownBy(() -> output.finish(0)).hasMessageContaining("Java heap space");
    }
  }
}
