package dev.latentween.settings;

/**
 * A mistake of the user's: a bad setting, a missing file, an option that cannot be. The message is
 * one line that names the thing, its value and what would be right; the command line prints it
 * without a stack trace.
 */
public final class UserError extends RuntimeException {
  private final int exitCode;

  /** An error that ends the program with exit code 2. */
  public UserError(String message) {
    this(message, 2, null);
  }

  /** An error that ends the program with exit code 2 and remembers what it was noticed by. */
  public UserError(String message, Throwable cause) {
    this(message, 2, cause);
  }

  /** An error with an exit code of its own, from 1 to 125. */
  public UserError(String message, int exitCode, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The exit code the program ends with. */
  public int exitCode() {
    return exitCode;
  }
}
