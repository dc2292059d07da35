package dev.latentween.bench;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelSource;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.SyntheticModel;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Sampler;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What is rendered to be measured: a model, or random weights in its place, and settings. */
final class Subject implements AutoCloseable {
  static final String SYNTHETIC = "Stable Diffusion 1.5 shapes";

  private static final String SETTINGS =
      """
      {"prompts": ["a city at dawn", "a city at night"], "interpolate_x_frames": 99999,
       "sampler": "euler", "scale": 7, "seed": 1}
      """;

  private final ModelSource source;
  private final Path settingsFile;
  private final int width;
  private final int height;
  private final int steps;
  private final Precision precision;

  private Subject(
      ModelSource source, Path folder, int width, int height, int steps, Precision precision) {
    this.source = source;
    this.width = width;
    this.height = height;
    this.steps = steps;
    this.precision = precision;
    try {
      settingsFile = Files.writeString(folder.resolve("settings.json"), SETTINGS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param model null or the synthetic one's name for random weights
   * @param folder for a file of settings
   * @throws UserError if there is no such model, or no frames of that size
   */
  static Subject open(
      Path model,
      Path tokenizer,
      Path folder,
      int width,
      int height,
      int steps,
      Precision precision) {
    Path given = model == null ? Path.of(SyntheticModel.SD15) : model;
    Subject subject =
        new Subject(ModelSource.open(given, tokenizer), folder, width, height, steps, precision);
    Settings settings = subject.settings();
    if (settings.width() != width || settings.height() != height) {
      throw new UserError(
          "--size is "
              + width
              + "x"
              + height
              + "; both must be multiples of 64, for example "
              + settings.width()
              + "x"
              + settings.height());
    }
    return subject;
  }

  boolean synthetic() {
    return source.synthetic();
  }

  String name() {
    return synthetic() ? SYNTHETIC : source.name();
  }

  ModelConfig config() {
    return source.config();
  }

  Precision precision() {
    return precision;
  }

  /** Of the weights, as a file name. */
  String identity() {
    return source.identity().get();
  }

  /** The weights on a device, in the precision of a network in autocast. */
  Model load(Engine engine) {
    return source.load().apply(engine);
  }

  /** Settings of the measured work. */
  Settings settings() {
    return settings(steps);
  }

  /** The same with another number of steps. */
  Settings settings(int ofSteps) {
    Map<String, String> overrides =
        Map.of(
            "W", "" + width,
            "H", "" + height,
            "steps", "" + ofSteps,
            "precision", precision.settingName());
    return new SettingsReader().read(settingsFile, overrides).settings();
  }

  /** From a prompt to the text encoder's input. */
  int[] tokenIds(String prompt) {
    return source.tokenIds().apply(prompt);
  }

  /** What each frame asks of a device. */
  Report.Work work() {
    Settings settings = settings();
    return new Report.Work(
        name(),
        synthetic(),
        width,
        height,
        settings.sampler().settingName(),
        steps,
        settings.scale(),
        evaluations(settings),
        cost(width, height).flops() / 1e12,
        "png and mp4");
  }

  /** Of one sample's evaluation at a picture's size. */
  UNetCost cost(int ofWidth, int ofHeight) {
    int factor = 1 << (config().vae().blockOutChannels().length - 1);
    return UNetCost.of(
        config().unet(), ofHeight / factor, ofWidth / factor, config().text().maxPositions());
  }

  /** Samples that the UNet evaluates for a frame. */
  static int evaluations(Settings settings) {
    int samples = settings.scale() == 1 ? 1 : 2;
    return settings.stepsPerFrame() * samples * evaluationsPerStep(settings.sampler());
  }

  /** The adaptive sampler takes what it needs; three a step is what it takes at least. */
  private static int evaluationsPerStep(Sampler sampler) {
    return switch (sampler) {
      case DPM2, DPM2_ANCESTRAL, HEUN, DPMPP_2S_A -> 2;
      case DPM_ADAPTIVE -> 3;
      default -> 1;
    };
  }

  @Override
  public void close() {
    source.close();
  }
}
