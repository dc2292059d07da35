package dev.latentween.cli;

import dev.latentween.engine.Engine;
import java.util.concurrent.atomic.AtomicBoolean;

/** What Ctrl-C does: what may not stay goes, and the program ends at once with exit code 130. */
final class Interruption implements AutoCloseable {
  private static final int EXIT_CODE = 130;

  private final AtomicBoolean over = new AtomicBoolean();
  private final Thread hook = new Thread(this::end, "interruption");
  private final Runnable tidy;
  private final String told;

  /**
   * In force until {@link #over} or {@link #close}.
   *
   * @param tidy takes away what may not stay, while other threads may still make more of it
   * @param told the line for the user
   */
  Interruption(Runnable tidy, String told) {
    this.tidy = tidy;
    this.told = told;
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      end(); // Ctrl-C came just before.
    }
  }

  private void end() {
    if (over.get()) {
      return;
    }
    tidy.run();
    System.err.println(System.lineSeparator() + told);
    System.err.flush();
    Engine.endProcess(EXIT_CODE);
  }

  /** All is done: there is nothing to take away any more. */
  void over() {
    over.set(true);
  }

  @Override
  public void close() {
    over();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Shutting down already. If the hook runs, it ends the process: what fails here because files
      // are gone is nothing to tell of. If it has seen that all is over, it ends at once.
      awaitHook();
    }
  }

  private void awaitHook() {
    try {
      hook.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
