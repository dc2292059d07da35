package dev.latentween.cli;

import dev.latentween.settings.Catalogue;
import dev.latentween.settings.Field;
import dev.latentween.settings.SettingsWriter;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the settings there are. */
@Command(
    name = "settings",
    description = "List every setting with its type, default, range and meaning.",
    mixinStandardHelpOptions = true)
final class SettingsCommand implements Runnable {
  private static final int[] WIDTHS = {22, 5, 17, 21, 45};

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print a settings file to start from instead.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? SettingsWriter.starter() : table());
    out.flush();
  }

  private static String table() {
    StringBuilder text = new StringBuilder();
    row(text, "NAME", "TYPE", "DEFAULT", "RANGE", "MEANING");
    for (Field<?> field : Catalogue.FIELDS) {
      String initial = field.required() ? "(required)" : field.initialJson().toString();
      row(text, field.name(), field.typeName(), initial, field.range(), meaning(field));
    }
    return text.toString();
  }

  /** Appends one row, as many lines high as its highest cell. */
  private static void row(StringBuilder text, String... cells) {
    List<List<String>> columns = new ArrayList<>();
    for (int i = 0; i < cells.length; i++) {
      columns.add(wrap(cells[i], WIDTHS[i]));
    }
    int height = columns.stream().mapToInt(List::size).max().orElseThrow();
    for (int y = 0; y < height; y++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < WIDTHS.length; i++) {
        String cell = y < columns.get(i).size() ? columns.get(i).get(y) : "";
        line.append(String.format("%-" + (WIDTHS[i] + 2) + "s", cell));
      }
      text.append(line.toString().stripTrailing()).append(System.lineSeparator());
    }
  }

  private static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>(List.of(""));
    for (String word : text.split(" ")) {
      String last = lines.get(lines.size() - 1);
      if (last.isEmpty() || last.length() + 1 + word.length() <= width) {
        lines.set(lines.size() - 1, (last + " " + word).strip());
      } else {
        lines.add(word);
      }
    }
    return lines;
  }

  private static String meaning(Field<?> field) {
    return field.aliases().isEmpty()
        ? field.help()
        : field.help() + "; also called " + String.join(", ", field.aliases());
  }
}
