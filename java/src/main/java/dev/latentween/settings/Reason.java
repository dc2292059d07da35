package dev.latentween.settings;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be read or written, as the end of one line, with the way out if known. */
public final class Reason {
  private Reason() {}

  /** Without the file's name, which whoever asks has said before it. */
  public static String of(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file of that name is in the way";
    }
    boolean named = e instanceof FileSystemException;
    String reason = named ? ((FileSystemException) e).getReason() : e.getMessage();
    if (reason == null) {
      return e.getClass().getSimpleName();
    }
    boolean full = reason.contains("No space left") || reason.contains("quota exceeded");
    return full ? reason + "; free some space, then go on with --resume" : reason;
  }
}
