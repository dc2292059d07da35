package dev.latentween.video;

import dev.latentween.settings.Reason;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * A file that appears under its name only when it is whole: written beside it as {@code
 * .partial-NAME}, then renamed. The partial name is fixed, so what a killed process leaves is
 * overwritten by the next try instead of gathering.
 */
public record PartialFile(Path target, Path partial) {
  private static final Set<PartialFile> OPEN = new HashSet<>();
  private static boolean ending;

  static PartialFile of(Path target) {
    Path absolute = target.toAbsolutePath();
    return new PartialFile(
        target, absolute.resolveSibling(".partial-" + absolute.getFileName().toString()));
  }

  /**
   * Writes a small file, whole or not at all, and makes its folder where it is missing.
   *
   * @throws UserError if it cannot be written
   */
  public static void write(Path target, byte[] content) {
    PartialFile file = of(target);
    try {
      Files.createDirectories(file.partial().getParent());
      try (FileChannel out = file.create()) {
        for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining(); ) {
          out.write(rest);
        }
      }
      file.commit();
    } catch (IOException e) {
      file.discard();
      throw cannotWrite(target, e);
    }
  }

  /**
   * Tells what would keep {@link #write} from writing, before the work whose result it is.
   *
   * @throws UserError if it could not be written now
   */
  public static void tryOut(Path target) {
    PartialFile file = of(target);
    try {
      if (Files.isDirectory(target)) {
        throw new IOException("it is a folder");
      }
      Files.createDirectories(file.partial().getParent());
      file.create().close();
    } catch (IOException e) {
      throw cannotWrite(target, e);
    } finally {
      file.discard();
    }
  }

  private static UserError cannotWrite(Path target, IOException e) {
    return new UserError("cannot write " + target + ": " + Reason.of(e), e);
  }

  /**
   * Deletes every partial file of this process and lets no new one begin: for a program that ends
   * while other threads write.
   */
  public static void discardAll() {
    synchronized (OPEN) {
      ending = true;
      OPEN.forEach(PartialFile::delete);
    }
  }

  /** The empty partial file. */
  FileChannel create() throws IOException {
    synchronized (OPEN) {
      if (ending) {
        throw new IOException("the program is ending");
      }
      OPEN.add(this);
      return FileChannel.open(
          partial,
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
    }
  }

  /** Syncs before the rename: a power cut must not leave the final name on unwritten data. */
  void commit() throws IOException {
    try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    closed();
  }

  void discard() {
    delete();
    closed();
  }

  private void closed() {
    synchronized (OPEN) {
      OPEN.remove(this);
    }
  }

  private void delete() {
    try {
      Files.deleteIfExists(partial);
    } catch (IOException ignored) {
      // Already failing for a reason that is reported; the name says what a leftover is.
    }
  }
}
