package dev.latentween.cli;

import dev.latentween.engine.EngineException;
import dev.latentween.engine.EngineException.Code;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: {@code latentween COMMAND}. */
@Command(
    name = "latentween",
    description = "Stable Diffusion interpolation videos.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RenderCommand.class,
      BenchCommand.class,
      SettingsCommand.class,
      ModelCommand.class,
      DevicesCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs a command and ends the program with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /**
   * The command line with all its commands. Exit codes are 0; 2 for a mistake of the user's and 4
   * for a device that is missing, failing or out of memory, each told in one line of standard
   * error; 5 for a device slower than asked for; 130 for Ctrl-C; and 1 for a mistake of ours, which
   * comes with a stack trace.
   */
  static CommandLine commandLine() {
    CommandLine completion = new CommandLine(new GenerateCompletion());
    completion.getCommandSpec().name("completion");
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .addSubcommand("completion", completion)
        .setExpandAtFiles(false) // a prompt may begin with @
        .setParameterExceptionHandler((e, args) -> complain(e.getCommandLine(), usageHint(e), 2))
        .setExecutionExceptionHandler(
            (e, commandLine, parsed) -> {
              if (e instanceof UserError error) {
                return complain(commandLine, error.getMessage(), error.exitCode());
              }
              if (e instanceof EngineException error && error.code() != Code.INTERNAL) {
                return complain(commandLine, error.getMessage(), exitCode(error.code()));
              }
              throw e;
            });
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static String usageHint(ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    return e.getMessage() + "; see " + command + " --help";
  }

  private static int exitCode(Code code) {
    return switch (code) {
      case DEVICE, OUT_OF_MEMORY -> 4;
      case CANCELLED -> 130;
      default -> 2;
    };
  }

  private static int complain(CommandLine commandLine, String message, int exitCode) {
    commandLine.getErr().println("error: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
    return exitCode;
  }

  /** The version that the build wrote into the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"latentween " + number()};
    }

    static String number() {
      try (InputStream in = Main.class.getResourceAsStream("version.txt")) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
