package dev.latentween.cli;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Work done side by side, a thread each. */
final class Parallel {
  private Parallel() {}

  /**
   * Runs all work to its end.
   *
   * @param cancel called when one failed; the threads of the others are interrupted, too
   * @throws RuntimeException the first failure, when all have ended
   */
  static void run(List<Runnable> work, Runnable cancel) {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            work.size(),
            task -> {
              Thread thread = new Thread(task, "engine");
              thread.setDaemon(true);
              return thread;
            });
    ExecutorCompletionService<Void> ended = new ExecutorCompletionService<>(threads);
    work.forEach(one -> ended.submit(one, null));
    Throwable failure = null;
    boolean interrupted = false;
    for (int left = work.size(); left > 0; ) {
      try {
        ended.take().get();
        left--;
      } catch (ExecutionException e) {
        left--;
        if (failure == null) {
          failure = e.getCause();
          threads.shutdownNow();
          cancel.run();
        }
      } catch (InterruptedException e) {
        interrupted = true;
        threads.shutdownNow();
        cancel.run();
      }
    }
    threads.shutdown();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (RuntimeException) failure; // a Runnable throws no other
    }
  }
}
