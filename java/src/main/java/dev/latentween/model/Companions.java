package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Where to look for what a checkpoint does not carry itself. A diffusers folder carries all but, at
 * times, the tokenizer. For a file {@code NAME.safetensors} it is the folder around the tokenizer
 * that was asked for, then the folder {@code NAME} beside the file, then the folder it lies in.
 */
record Companions(Path model, Path tokenizerOrNull) {

  /** The first {@code PART/FILE} in a folder of the diffusers layout. */
  Optional<Path> config(String part, String file) {
    List<Path> folders = new ArrayList<>(modelFolders());
    if (tokenizerOrNull != null && !Files.isDirectory(model)) {
      folders.add(0, tokenizerOrNull.resolve(".."));
    }
    return folders.stream()
        .map(folder -> folder.resolve(part).resolve(file))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /**
   * The folder with vocab.json and merges.txt.
   *
   * @throws UserError if there is none; says where it was looked for
   */
  Path tokenizer() {
    LinkedHashSet<Path> folders = new LinkedHashSet<>();
    if (tokenizerOrNull != null) {
      folders.add(tokenizerOrNull); // asked for: nothing else will do
    } else {
      for (Path folder : modelFolders()) {
        folders.add(folder.resolve("tokenizer"));
      }
      for (Path folder : modelFolders()) {
        folders.add(folder);
      }
    }
    return folders.stream()
        .filter(folder -> Files.isRegularFile(folder.resolve(Tokenizer.VOCAB)))
        .filter(folder -> Files.isRegularFile(folder.resolve(Tokenizer.MERGES)))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    model
                        + ": no tokenizer: put its vocab.json and merges.txt into "
                        + folders.iterator().next()
                        + (tokenizerOrNull == null
                            ? ", or name their folder with --tokenizer"
                            : "")));
  }

  private List<Path> modelFolders() {
    if (Files.isDirectory(model)) {
      return List.of(model);
    }
    Path folder = model.toAbsolutePath().getParent();
    return List.of(folder.resolve(stem(model)), folder);
  }

  /** The last name of a path, without {@code .safetensors}. */
  static String stem(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "model" : name.toString().replaceFirst("\\.safetensors$", "");
  }
}
