package dev.latentween.video;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

class KilledWriterTest {
  private static final Pattern FRAME = Pattern.compile("t_(\\d{5})\\.png");

  @TempDir Path dir;

  private static FrameFiles files(Path dir) {
    return new FrameFiles(dir, "t", 512, 512, 8);
  }

  /** The process that is killed: writes frames until it is. */
  public static void main(String[] args) {
    FrameFiles files = files(Path.of(args[0]));
    ByteBuffer frame = Frames.noise(files, 0);
    try (FrameWriter writer = new FrameWriter(files, 2)) {
      for (int i = 0; ; i++) {
        writer.submit(i, "killed in the middle", frame);
      }
    }
  }

  @RepeatedTest(3)
  void whatAKilledProcessLeavesUnderFinalNamesIsWhole() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriterTest.class.getName(),
                dir.toString())
            .inheritIO()
            .start();
    FrameFiles files = files(dir);
    while (Files.notExists(files.path(7))) {
      assertThat(process.isAlive()).isTrue();
      TimeUnit.MILLISECONDS.sleep(1);
    }
    process.destroyForcibly().waitFor();
    int whole = 0;
    for (String name : dir.toFile().list()) {
      Matcher frame = FRAME.matcher(name);
      if (frame.matches()) {
        assertThat(files.isWhole(Integer.parseInt(frame.group(1)))).as(name).isTrue();
        whole++;
      } else {
        assertThat(name).matches("\\.partial-t_\\d{5}\\.png");
      }
    }
    assertThat(whole).isGreaterThanOrEqualTo(6);
  }
}
