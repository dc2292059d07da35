package dev.latentween.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import picocli.CommandLine;

/** What a command printed and returned. */
public record Cli(int exitCode, String out, String err) {
  public static Cli run(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] words = new String[args.length];
    Arrays.setAll(words, i -> args[i].toString());
    return new Cli(commandLine.execute(words), out.toString(), err.toString());
  }
}
