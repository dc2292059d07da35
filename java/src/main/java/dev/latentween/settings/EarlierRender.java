package dev.latentween.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A render begun before, which can be continued because its frames are those that are wanted now.
 *
 * @param timestring the first part of its files' names
 * @param settings what to render now: the wanted settings, with the earlier render's seed and
 *     folder
 */
public record EarlierRender(String timestring, Settings settings) {
  private static final String ENDING = SettingsWriter.fileName("");

  /** A settings file in the folder. */
  private record Found(Path folder, String timestring, Loaded loaded) {
    EarlierRender continuedFor(Loaded wanted) {
      return new EarlierRender(
          timestring, wanted.settings().with(loaded.settings().seed(), folder));
    }

    List<String> differences(Loaded wanted, String model, Optional<String> initHash) {
      List<String> names = new ArrayList<>();
      if (!loaded.modelCheckpoint().equals(Optional.of(model))) {
        names.add(SettingsWriter.MODEL);
      }
      if (loaded.initHash().isPresent() && !loaded.initHash().equals(initHash)) {
        names.add(SettingsWriter.INIT_HASH);
      }
      Catalogue.FIELDS.stream()
          .filter(Field::frames)
          .filter(field -> !(wanted.seedDrawn() && field == Catalogue.SEED))
          .filter(field -> !field.jsonOf(loaded.settings()).equals(field.jsonOf(wanted.settings())))
          .map(Field::name)
          .forEach(names::add);
      return names;
    }
  }

  /**
   * Finds the render to continue in the wanted settings' folder or, where that is a month's, in
   * those of the months before: the one named by resume_timestring or, where none is named, the
   * latest with the same frames. If no seed was asked for, the earlier render's will do.
   *
   * @param model name of the model to render with: another one's frames are others
   * @param initHash of the init image's pixels, where there is one
   * @throws UserError where a render is named and is not there or has other frames
   */
  public static Optional<EarlierRender> find(
      Loaded wanted, String model, Optional<String> initHash) {
    List<Path> folders = folders(wanted.settings());
    Optional<String> named = wanted.settings().resumeTimestring();
    if (named.isPresent()) {
      String name = SettingsWriter.fileName(named.get());
      Path folder =
          folders.stream()
              .filter(each -> Files.exists(each.resolve(name)))
              .findFirst()
              .orElse(folders.get(0));
      Found earlier = read(folder.resolve(name));
      List<String> differences = earlier.differences(wanted, model, initHash);
      if (!differences.isEmpty()) {
        throw new UserError(
            "cannot resume "
                + named.get()
                + ": it has other values for "
                + String.join(", ", differences));
      }
      return Optional.of(earlier.continuedFor(wanted));
    }
    return folders.stream()
        .flatMap(folder -> latestFirst(folder, name -> name.endsWith(ENDING)).stream())
        .flatMap(file -> readable(file).stream())
        .filter(earlier -> earlier.differences(wanted, model, initHash).isEmpty())
        .findFirst()
        .map(earlier -> earlier.continuedFor(wanted));
  }

  /** The wanted folder first; a month's is followed by those of the months before. */
  private static List<Path> folders(Settings wanted) {
    Path outdir = wanted.outdir();
    Path months = Path.of(wanted.outputPath());
    List<Path> folders = new ArrayList<>(List.of(outdir));
    if (outdir.startsWith(months) && !outdir.equals(months)) {
      String month = months.relativize(outdir).getName(0).toString();
      if (outdir.equals(months.resolve(month).resolve(wanted.batchName()))) {
        latestFirst(months, name -> isMonth(name) && name.compareTo(month) < 0)
            .forEach(before -> folders.add(before.resolve(wanted.batchName())));
      }
    }
    return folders;
  }

  private static boolean isMonth(String name) {
    return name.matches("\\d{4}-\\d{2}");
  }

  private static List<Path> latestFirst(Path folder, Predicate<String> names) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> names.test(file.getFileName().toString()))
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException e) {
      throw new UserError("cannot look into " + folder + ": " + Reason.of(e), e);
    }
  }

  private static Found read(Path file) {
    String name = file.getFileName().toString();
    return new Found(
        file.getParent(),
        name.substring(0, name.length() - ENDING.length()),
        new SettingsReader().read(file, Map.of()));
  }

  /** A folder may hold settings files of other programs and versions; they are none to continue. */
  private static Optional<Found> readable(Path file) {
    try {
      return Optional.of(read(file));
    } catch (UserError e) {
      return Optional.empty();
    }
  }
}
