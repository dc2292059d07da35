package dev.latentween.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A render begun before, which can be continued because its frames are those that are wanted now.
 *
 * @param timestring the first part of its files' names
 * @param settings what to render now: the wanted settings, with the seed the earlier render used
 */
public record EarlierRender(String timestring, Settings settings) {
  private static final String ENDING = SettingsWriter.fileName("");

  /**
   * Finds the render to continue in the wanted settings' folder: the one named by resume_timestring
   * or, where none is named, the latest with the same frames. If no seed was asked for, the earlier
   * render's will do.
   *
   * @throws UserError where a render is named and is not there or has other frames
   */
  public static Optional<EarlierRender> find(Loaded wanted) {
    Path outdir = wanted.settings().outdir();
    Optional<String> named = wanted.settings().resumeTimestring();
    if (named.isPresent()) {
      Path file = outdir.resolve(SettingsWriter.fileName(named.get()));
      EarlierRender earlier = read(file);
      List<String> differences = earlier.differences(wanted);
      if (!differences.isEmpty()) {
        throw new UserError(
            "cannot resume "
                + named.get()
                + ": it has other values for "
                + String.join(", ", differences));
      }
      return Optional.of(earlier.continuedFor(wanted));
    }
    return latestFirst(outdir).stream()
        .flatMap(file -> readable(file).stream())
        .filter(earlier -> earlier.differences(wanted).isEmpty())
        .findFirst()
        .map(earlier -> earlier.continuedFor(wanted));
  }

  private static List<Path> latestFirst(Path outdir) {
    if (!Files.isDirectory(outdir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(outdir)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(ENDING))
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException e) {
      throw new UserError("cannot look into " + outdir + ": " + e.getMessage(), e);
    }
  }

  private static EarlierRender read(Path file) {
    String name = file.getFileName().toString();
    Settings settings = new SettingsReader().read(file, Map.of()).settings();
    return new EarlierRender(name.substring(0, name.length() - ENDING.length()), settings);
  }

  /** A folder may hold settings files of other programs and versions; they are none to continue. */
  private static Optional<EarlierRender> readable(Path file) {
    try {
      return Optional.of(read(file));
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private EarlierRender continuedFor(Loaded wanted) {
    return new EarlierRender(timestring, wanted.settings().withSeed(settings.seed()));
  }

  private List<String> differences(Loaded wanted) {
    return SameRender.differences(settings, wanted.settings()).stream()
        .filter(name -> !(wanted.seedDrawn() && name.equals(Catalogue.SEED.name())))
        .toList();
  }
}
