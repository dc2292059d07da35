package dev.latentween.engine;

import static dev.latentween.engine.internal.LatentweenC.*;

import dev.latentween.engine.EngineException.Code;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;

/** Loads the native library and turns its statuses into exceptions. */
final class Native {
  static {
    // JavaCPP's memory guard can stall for a second and then throw; it is read with the first
    // Pointer.
    System.getProperties().putIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Loader.load(dev.latentween.engine.internal.LatentweenC.class);
    if (ltw_abi_version() != LTW_ABI_VERSION) {
      throw new IllegalStateException(
          "the native library has interface "
              + ltw_abi_version()
              + ", the Java code expects "
              + LTW_ABI_VERSION
              + ": they come from different builds");
    }
  }

  private Native() {}

  /** Loads the library, once. */
  static void load() {}

  /**
   * Does nothing for LTW_OK.
   *
   * @throws IllegalArgumentException for a wrong value, shape or tensor
   * @throws IllegalStateException for a call that does not fit those before
   * @throws EngineException for everything else
   */
  static void check(int status) {
    switch (status) {
      case LTW_OK -> {}
      case LTW_INVALID_ARGUMENT -> throw new IllegalArgumentException(message());
      case LTW_INVALID_STATE -> throw new IllegalStateException(message());
      case LTW_OUT_OF_MEMORY -> throw new EngineException(Code.OUT_OF_MEMORY, message());
      case LTW_DEVICE_ERROR -> throw new EngineException(Code.DEVICE, message());
      case LTW_CANCELLED -> throw new EngineException(Code.CANCELLED, message());
      case LTW_NOT_FINITE -> throw new EngineException(Code.NOT_FINITE, message());
      default -> throw new EngineException(Code.INTERNAL, message());
    }
  }

  private static String message() {
    return ltw_last_error().getString(StandardCharsets.UTF_8);
  }

  /**
   * UTF-8 whatever the JVM's own charset: a String argument loses letters under an ASCII locale.
   */
  static BytePointer utf8(String text) {
    return new BytePointer(text, StandardCharsets.UTF_8);
  }
}
