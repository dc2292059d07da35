package dev.latentween.settings;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** The first part of the names of a render's files: when it was begun. */
public final class Timestring {
  private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern("yyyyMMddHHmmss");

  private Timestring() {}

  /** A local time as Deforum writes it, such as {@code 20230217120000}. */
  public static String of(LocalDateTime time) {
    return FORMAT.format(time);
  }
}
