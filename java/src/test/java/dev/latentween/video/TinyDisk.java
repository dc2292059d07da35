package dev.latentween.video;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file system in memory that is soon full. */
public record TinyDisk(Path dir) implements AutoCloseable {
  /** Mounts it; where that is not allowed the test is reported as not run, with the reason. */
  public static TinyDisk mount(Path dir, int kilobytes) throws Exception {
    Process mount =
        new ProcessBuilder(
                "mount", "-t", "tmpfs", "-o", "size=" + kilobytes + "k", "tmpfs", dir.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(mount.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(mount.waitFor() == 0, "a full disk needs the right to mount one: " + said.trim());
    return new TinyDisk(dir);
  }

  @Override
  public void close() throws IOException {
    new ProcessBuilder("umount", dir.toString()).start().onExit().join();
  }
}
