package dev.latentween.cli;

import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Catalogue;
import dev.latentween.settings.Field;
import dev.latentween.settings.Settings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What would be rendered, in words. */
final class DryRun {
  private DryRun() {}

  static String describe(Settings settings, FramePlan plan, Path video) {
    StringBuilder text = new StringBuilder();
    line(text, "frames", "%d", plan.frameCount());
    line(text, "key frames", "%s", commaSeparated(plan.keyFrames()));
    line(
        text,
        "steps",
        "%d a frame, %d in all",
        plan.stepsPerFrame(),
        (long) plan.stepsPerFrame() * plan.frameCount());
    line(text, "size", "%dx%d", plan.width(), plan.height());
    line(text, "length", "%.2f s", plan.videoSeconds());
    line(text, "folder", "%s", settings.outdir());
    line(text, "video", "%s", video);
    text.append("settings\n");
    for (Field<?> field : Catalogue.FIELDS) {
      text.append(String.format("  %-24s%s%n", field.name(), field.jsonOf(settings)));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format("%-12s", name))
        .append(String.format(Locale.ROOT, format, values))
        .append(System.lineSeparator());
  }

  private static String commaSeparated(int[] numbers) {
    return Arrays.stream(numbers).mapToObj(String::valueOf).collect(Collectors.joining(", "));
  }
}
