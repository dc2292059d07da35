package dev.latentween.settings;

/** A mistake the user can mend: one line, shown without a stack trace, exit code 2. */
public class UserError extends RuntimeException {
  public UserError(String message) {
    super(message);
  }
}
