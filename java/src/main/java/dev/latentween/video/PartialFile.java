package dev.latentween.video;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears under its name only when it is whole: written beside it as {@code
 * .partial-NAME}, then renamed. The partial name is fixed, so what a killed process leaves is
 * overwritten by the next try instead of gathering.
 */
record PartialFile(Path target, Path partial) {
  static PartialFile of(Path target) {
    Path absolute = target.toAbsolutePath();
    return new PartialFile(
        target, absolute.resolveSibling(".partial-" + absolute.getFileName().toString()));
  }

  /** Syncs before the rename: a power cut must not leave the final name on unwritten data. */
  void commit() throws IOException {
    try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
  }

  void discard() {
    try {
      Files.deleteIfExists(partial);
    } catch (IOException ignored) {
      // Already failing for a reason that is reported; the name says what a leftover is.
    }
  }
}
