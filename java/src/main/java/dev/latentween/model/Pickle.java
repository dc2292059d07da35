package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** PyTorch's older checkpoint format, which this project does not read. */
final class Pickle {
  private static final Pattern EXTENSION = Pattern.compile(".*\\.(ckpt|pt|pth|bin|pkl)");

  private Pickle() {}

  /**
   * Judges by the extension, before a byte is read.
   *
   * @throws UserError for the extensions that pickles go by
   */
  static void refuse(Path file) {
    if (isOne(file)) {
      throw new UserError(
          file
              + " is a pickle, and loading a pickle can run code that is hidden in it:"
              + " get the model as .safetensors, or convert it on a machine you can spare");
    }
  }

  static boolean isOne(Path file) {
    Path name = file.getFileName();
    return name != null && EXTENSION.matcher(name.toString().toLowerCase(Locale.ROOT)).matches();
  }
}
