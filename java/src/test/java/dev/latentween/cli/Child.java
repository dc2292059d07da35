package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program in a process of its own, which can be killed. */
final class Child implements AutoCloseable {
  private final Process process;
  private final Path said;

  private Child(Process process, Path said) {
    this.process = process;
    this.said = said;
  }

  /**
   * @param log for what it prints
   * @param locale its LC_ALL
   */
  static Child start(Path log, String locale, List<String> jvmOptions, List<String> words)
      throws IOException {
    // A shell that runs a build in the background has it ignore SIGINT, and children inherit that.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(words);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("LC_ALL", locale);
    return new Child(builder.start(), log);
  }

  static Child start(Path log, List<String> words) throws IOException {
    return start(log, "C.UTF-8", List.of("-XX:TieredStopAtLevel=1"), words);
  }

  /** Waits for a file that the child is to make. */
  void awaitFile(Path folder, String glob) throws Exception {
    while (!exists(folder, glob)) {
      assertThat(process.isAlive()).as("ended before %s: %s", glob, said()).isTrue();
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static boolean exists(Path folder, String glob) throws IOException {
    if (Files.notExists(folder)) {
      return false;
    }
    // A glob's * takes the dot of partial files, too.
    try (var found = Files.newDirectoryStream(folder, "[!.]" + glob)) {
      return found.iterator().hasNext();
    }
  }

  void kill() throws Exception {
    process.destroyForcibly().waitFor();
  }

  /** What Ctrl-C does. */
  void interrupt() throws Exception {
    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
  }

  int exitCode(int seconds) throws Exception {
    assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).as("it ended: %s", said()).isTrue();
    return process.exitValue();
  }

  String said() throws IOException {
    return Files.readString(said);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
