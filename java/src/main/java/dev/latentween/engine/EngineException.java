package dev.latentween.engine;

/** The engine failed for a reason that is not the caller's: the device, memory, the numbers. */
public final class EngineException extends RuntimeException {
  private final Code code;

  /** What failed. */
  public enum Code {
    OUT_OF_MEMORY,
    DEVICE,
    /** The job was cancelled. */
    CANCELLED,
    /** NaN or infinity in weights or in a picture. */
    NOT_FINITE,
    INTERNAL
  }

  public EngineException(Code code, String message) {
    super(message);
    this.code = code;
  }

  public Code code() {
    return code;
  }
}
