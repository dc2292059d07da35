package dev.latentween.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What Ctrl-C does to a render: the partial files go, whole frames stay, and the program ends at
 * once with exit code 130.
 */
final class Interruption implements AutoCloseable {
  private static final int EXIT_CODE = 130;

  private final AtomicBoolean over = new AtomicBoolean();
  private final Thread hook;

  private Interruption(Path outdir, String timestring, Path video) {
    hook =
        new Thread(
            () -> {
              if (over.get()) {
                return;
              }
              delete(outdir, ".partial-" + timestring + "*");
              delete(video.toAbsolutePath().getParent(), ".partial-" + video.getFileName());
              System.err.println(
                  System.lineSeparator()
                      + "interrupted; frames written so far are whole: go on with --resume");
              // Not exit: native threads are in mid-computation, and libraries' exit handlers would
              // take their
              // memory away under them.
              Runtime.getRuntime().halt(EXIT_CODE);
            });
  }

  /** In force until {@link #over} or {@link #close}. */
  static Interruption cleaning(Path outdir, String timestring, Path video) {
    Interruption interruption = new Interruption(outdir, timestring, video);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** The render is complete: nothing is partial any more. */
  void over() {
    over.set(true);
  }

  private static void delete(Path folder, String glob) {
    try (DirectoryStream<Path> partial = Files.newDirectoryStream(folder, glob)) {
      for (Path file : partial) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // The program is ending; a leftover says by its name what it is.
    }
  }

  @Override
  public void close() {
    over();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Shutting down already: the hook runs, or has seen that it is over.
    }
  }
}
