package dev.latentween.video;

import dev.latentween.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says before anything is rendered, or made, that files cannot be written to a place. */
public final class OutputFolder {
  private OutputFolder() {}

  /**
   * Looks at the folder, or at the nearest one above it that is there; makes none.
   *
   * @throws UserError if no file could be written into it
   */
  public static void check(Path folder) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new UserError("cannot write into " + folder + ": " + there + " is no folder");
    }
    if (!Files.isWritable(there)) {
      throw new UserError("cannot write into " + folder + ": " + there + " is not writable");
    }
  }

  /**
   * The same for a file's folder.
   *
   * @throws UserError if the file could not be written
   */
  public static void checkFor(Path file) {
    if (Files.isDirectory(file)) {
      throw new UserError("cannot write " + file + ": a folder of that name is in the way");
    }
    check(file.toAbsolutePath().getParent());
  }
}
