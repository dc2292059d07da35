package dev.latentween;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What this process holds open. */
public final class OpenFiles {
  private OpenFiles() {}

  /** Files in a folder or below it, deleted ones too. */
  public static List<String> below(Path folder) throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
      for (Path link : links.filter(Files::isSymbolicLink).toList()) {
        String target = target(link);
        if (target.startsWith(folder.toString())) {
          open.add(target);
        }
      }
    }
    return open;
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "closed meanwhile";
    }
  }
}
