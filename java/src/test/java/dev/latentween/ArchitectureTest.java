package dev.latentween;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may use whom. Everything may use itself; what is not listed is not allowed. */
class ArchitectureTest {
  private static final Path JAVA = Path.of("src/main/java/dev/latentween");
  private static final Path NATIVE = Path.of("../native/src");

  private static final Map<String, Set<String>> PACKAGES =
      Map.of(
          "settings", Set.of(),
          "schedule", Set.of("settings"),
          "model", Set.of("settings"),
          "video", Set.of("settings"),
          "engine", Set.of("settings", "schedule", "model", "engine/internal"),
          "engine/internal", Set.of(),
          "bench", Set.of("settings", "schedule", "model", "engine"),
          "cli", Set.of("settings", "schedule", "model", "video", "engine", "bench"));

  private static final Map<String, Set<String>> FOLDERS =
      Map.of(
          "base", Set.of(),
          "backend", Set.of("base"),
          "ops", Set.of("base", "backend"),
          "layers", Set.of("base", "backend", "ops"),
          "models", Set.of("base", "backend", "ops", "layers"),
          "sampling", Set.of("base", "backend", "ops"),
          "engine", Set.of("base", "backend", "ops", "layers", "models", "sampling"),
          "api",
              Set.of(
                  "base",
                  "backend",
                  "ops",
                  "layers",
                  "models",
                  "sampling",
                  "engine",
                  "latentween"));

  /** Imports, and names written out in full. */
  private static final Pattern JAVA_USE =
      Pattern.compile("dev\\.latentween\\.([a-z]+(?:\\.internal)?)\\b");

  private static final Pattern INCLUDE = Pattern.compile("#include \"([a-z]+)/");

  @Test
  void packagesUseOnlyWhatLiesBelow() throws IOException {
    assertThat(violations(JAVA, ".java", JAVA_USE, PACKAGES)).isEmpty();
  }

  @Test
  void nativeFoldersIncludeOnlyWhatLiesBelow() throws IOException {
    assertThat(violations(NATIVE, "", INCLUDE, FOLDERS)).isEmpty();
  }

  @Test
  void whatLiesAboveIsSeen() {
    assertThat(used("video", "import dev.latentween.engine.internal.LatentweenC;", JAVA_USE))
        .containsExactly("engine/internal");
    assertThat(used("cli", "import static dev.latentween.cli.A.b;", JAVA_USE)).isEmpty();
    assertThat(used("ops", "#include \"layers/conv.h\"\n#include \"ops/conv2d.h\"", INCLUDE))
        .containsExactly("layers");
  }

  /** Each as "user -> used: file". */
  private static List<String> violations(
      Path root, String ending, Pattern use, Map<String, Set<String>> allowed) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      List<Path> sources =
          files
              .filter(Files::isRegularFile)
              .filter(f -> !f.getParent().equals(root) && f.toString().endsWith(ending))
              .toList();
      assertThat(sources).hasSizeGreaterThan(50);
      return sources.stream()
          .flatMap(
              file -> {
                String user = user(root.relativize(file.getParent()).toString(), allowed);
                return used(user, read(file), use).stream()
                    .filter(used -> !allowed.get(user).contains(used))
                    .map(used -> user + " -> " + used + ": " + file);
              })
          .toList();
    }
  }

  /** A folder that has no row of its own, such as backend/cpu, belongs to the one it lies in. */
  private static String user(String folder, Map<String, Set<String>> allowed) {
    String user = allowed.containsKey(folder) ? folder : folder.replaceFirst("/.*", "");
    assertThat(allowed).containsKey(user);
    return user;
  }

  private static Set<String> used(String user, String source, Pattern use) {
    Set<String> used = new TreeSet<>();
    use.matcher(source).results().map(m -> m.group(1).replace('.', '/')).forEach(used::add);
    used.remove(user);
    return used;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
