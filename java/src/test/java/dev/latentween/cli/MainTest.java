package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.engine.EngineException;
import dev.latentween.model.TinyModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  @Test
  void versionIsTheBuilds() {
    assertThat(Cli.run("--version").out()).matches("latentween \\d+\\.\\d+\\.\\d+\\S*\\R");
  }

  @Test
  void mistakesOnTheCommandLineAreOneLine() {
    for (String[] args : new String[][] {{"rendr"}, {"render"}, {"render", "a", "--nope"}}) {
      Cli cli = Cli.run((Object[]) args);
      assertThat(cli.exitCode()).isEqualTo(2);
      assertThat(cli.err()).startsWith("error: ").hasLineCount(1);
      assertThat(cli.out()).isEmpty();
    }
  }

  /** Not the words of a file of that name. */
  @Test
  void promptMayBeginWithAnAt(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "--help");
    Cli cli = Cli.run("model", "tokens", TinyModel.FOLDER, "@" + file);
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out()).contains("@", "not cut");
  }

  @ParameterizedTest
  @CsvSource({"OUT_OF_MEMORY, 4", "DEVICE, 4", "CANCELLED, 130", "NOT_FINITE, 2"})
  void engineFailuresAreOneLineAndAnExitCode(EngineException.Code code, int exitCode)
      throws Exception {
    StringWriter err = new StringWriter();
    CommandLine main = Main.commandLine().setErr(new PrintWriter(err));
    EngineException failure = new EngineException(code, "lost\n  at once");
    assertThat(handled(main, failure)).isEqualTo(exitCode);
    assertThat(err).hasToString("error: lost at once\n");
    EngineException ours = new EngineException(EngineException.Code.INTERNAL, "a bug");
    assertThatThrownBy(() -> handled(main, ours)).isSameAs(ours);
  }

  private static int handled(CommandLine main, Exception failure) throws Exception {
    return main.getExecutionExceptionHandler().handleExecutionException(failure, main, null);
  }

  @Test
  void helpListsTheCommands() {
    assertThat(Cli.run().out()).contains("render", "settings", "model", "completion");
  }

  @Test
  void settingsAreListedWithAllThereIsToKnow() {
    Cli cli = Cli.run("settings");
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out().lines().findFirst().orElseThrow())
        .matches("NAME +TYPE +DEFAULT +RANGE +MEANING");
    assertThat(cli.out())
        .containsPattern("(?m)^steps +int +50 +1\\.\\.1000 +sampler steps;")
        .containsPattern("(?m)^prompts +texts +\\(required\\) ")
        .contains("animation_prompts", "dpmpp_2s_a");
    assertThat(cli.out().lines()).allMatch(line -> line.length() <= 120);
  }

  @Test
  void settingsAsJsonAreAFileToStartFrom(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("a.json"), Cli.run("settings", "--json").out());
    Cli cli = Cli.run("render", "--dry-run", file);
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out()).contains("frames      22");
  }

  @Test
  void completionIsABashScriptForTheCommands() {
    assertThat(Cli.run("completion").out()).contains("complete -F", "latentween", "--dry-run");
  }
}
