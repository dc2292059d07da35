package dev.latentween.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.latentween.settings.Reason;
import java.io.IOException;

/** Messages quote what files say, and files say anything: one printable line, not a screenful. */
final class OneLine {
  private static final int MOST = 400;

  private OneLine() {}

  static String of(String text) {
    String clean = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    return clean.length() <= MOST ? clean : clean.substring(0, MOST) + "...";
  }

  /** Why reading failed, without the position in the text that Jackson adds. */
  static String of(IOException e) {
    return of(e instanceof JsonProcessingException json ? json.getOriginalMessage() : Reason.of(e));
  }
}
