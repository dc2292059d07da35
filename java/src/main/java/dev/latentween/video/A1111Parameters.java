package dev.latentween.video;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * A frame's settings in the words A1111's web UI writes into a PNG's {@code parameters} chunk, so
 * that its readers, and the many after it, show them.
 *
 * <p>An in-between stands under its first key prompt; the second and how far the frame is on the
 * way to it follow the settings as {@code Tween prompt} and {@code Tween weight}, names that those
 * readers list without knowing them.
 */
public final class A1111Parameters {
  private A1111Parameters() {}

  /**
   * The text of a key frame.
   *
   * @param negative may be empty
   * @param sampler as A1111 calls it, for example {@code Euler a}
   */
  public static String format(
      String prompt,
      String negative,
      int steps,
      String sampler,
      double scale,
      long seed,
      int width,
      int height,
      String model) {
    List<String> settings = new ArrayList<>();
    settings.add("Steps: " + steps);
    settings.add("Sampler: " + quoted(sampler));
    settings.add("CFG scale: " + plain(scale));
    settings.add("Seed: " + seed);
    settings.add("Size: " + width + "x" + height);
    settings.add("Model: " + quoted(model));
    String negativeLine = negative.isEmpty() ? "" : "\nNegative prompt: " + negative;
    return prompt + negativeLine + "\n" + String.join(", ", settings);
  }

  /** A key frame's text with the prompt it is on the way to, {@code weight} from 0 to 1. */
  public static String withTween(String keyFrame, String prompt, double weight) {
    return keyFrame + ", Tween prompt: " + quoted(prompt) + ", Tween weight: " + plain(weight);
  }

  /** 7 and not 7.0, 0.35 and not 3.5E-1. */
  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /** A comma, a colon or a line's end would end the value for a reader: such is a JSON string. */
  private static String quoted(String value) {
    if (value.chars().noneMatch(c -> c == ',' || c == ':' || c == '\n' || c == '"')) {
      return value;
    }
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(value)) + '"';
  }
}
