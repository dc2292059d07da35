package dev.latentween.cli;

import dev.latentween.engine.Engine;
import dev.latentween.video.PartialFile;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What Ctrl-C does to a render: the partial files go, whole frames stay, and the program ends at
 * once with exit code 130.
 */
final class Interruption implements AutoCloseable {
  private static final int EXIT_CODE = 130;

  private final AtomicBoolean over = new AtomicBoolean();
  private final Thread hook = new Thread(this::end, "interruption");

  /** In force until {@link #over} or {@link #close}. */
  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end() {
    if (over.get()) {
      return;
    }
    PartialFile.discardAll();
    System.err.println(
        System.lineSeparator()
            + "interrupted; frames written so far are whole: go on with --resume");
    System.err.flush();
    Engine.endProcess(EXIT_CODE);
  }

  /** The render is complete: nothing is partial any more. */
  void over() {
    over.set(true);
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
