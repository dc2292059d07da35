package dev.latentween.cli;

import dev.latentween.model.Checkpoint;
import dev.latentween.model.ModelReport;
import dev.latentween.model.Tokens;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks into a model without rendering with it. */
@Command(
    name = "model",
    description = "Show what a model holds and how it reads a prompt.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "info",
      description = "Layout, family, sizes, dtypes, and what is missing or unexpected.",
      mixinStandardHelpOptions = true)
  void info(
      @Parameters(paramLabel = "PATH", description = MODEL_HELP) Path model,
      @Option(names = "--tokenizer", paramLabel = "DIR", description = TOKENIZER_HELP)
          Path tokenizer) {
    ModelReport report = ModelReport.of(model, tokenizer);
    PrintWriter out = spec.commandLine().getOut();
    report.lines().forEach(out::println);
    out.flush();
    report.check();
  }

  @Command(
      name = "tokens",
      description = "The prompt's token ids and pieces, and whether it is cut.",
      mixinStandardHelpOptions = true)
  void tokens(
      @Parameters(paramLabel = "PATH", description = MODEL_HELP) Path model,
      @Parameters(paramLabel = "PROMPT", description = "The prompt, quoted.") String prompt,
      @Option(names = "--tokenizer", paramLabel = "DIR", description = TOKENIZER_HELP)
          Path tokenizer) {
    PrintWriter out = spec.commandLine().getOut();
    try (Checkpoint checkpoint = Checkpoint.open(model, tokenizer)) {
      Tokens tokens = checkpoint.tokenizer().tokenize(prompt);
      for (int i = 0; i < tokens.ids().size(); i++) {
        out.printf("%6d  %s%n", tokens.ids().get(i), tokens.pieces().get(i));
      }
      int most = checkpoint.config().text().maxPositions();
      out.println(
          tokens.cut()
              ? "cut at " + most + " tokens: the last " + tokens.dropped() + " are not used"
              : tokens.ids().size() + " of " + most + " tokens, not cut");
      out.flush();
    }
  }

  private static final String MODEL_HELP = "A diffusers folder or a .safetensors file.";
  private static final String TOKENIZER_HELP =
      "Folder with vocab.json and merges.txt, if not beside the model.";
}
