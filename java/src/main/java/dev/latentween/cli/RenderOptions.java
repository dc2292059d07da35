package dev.latentween.cli;

import dev.latentween.settings.UserError;
import dev.latentween.video.VideoSink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code render}. */
final class RenderOptions {
  @Parameters(paramLabel = "SETTINGS", description = "Settings file, Deforum's or your own (JSON).")
  Path settings;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The video: .avi, .mp4, .webm or .gif. Default: OUTDIR/TIMESTRING.mp4.")
  private Path output;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description =
          "A diffusers folder or a .safetensors file. Default: the small model that ships."
              + " synthetic:sd15: random weights of Stable Diffusion 1.5's shapes, to measure with;"
              + " the pictures are noise.")
  private Path model;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      description = "Folder with vocab.json and merges.txt, if not beside the model.")
  Path tokenizer;

  @Option(
      names = "-s",
      paramLabel = "KEY=VALUE",
      description = "A setting that goes before the file's; JSON, or else text. May be repeated.")
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(
      names = "--outdir",
      paramLabel = "DIR",
      description = "Folder for frames and settings. Default: outputs/YYYY-MM/BATCH_NAME.")
  private String outdir;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "Where to render: cpu; cuda, the best GPU; cuda:N; cuda:all; or several with commas"
              + " between, which share the frames. Default: the best GPU, or else cpu.")
  private String device;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "auto",
      description =
          "Frames that an engine renders at once. No frame depends on it. auto: what memory has"
              + " room for and is of use, 32 at most. Default: ${DEFAULT-VALUE}.")
  private String batch;

  @Option(
      names = "--precision",
      paramLabel = "BITS",
      description =
          "autocast: float16 on a GPU. fp8: 8 bits in most of the UNet, faster and slightly other"
              + " pictures; H100 and H200 only. Default: the settings', or else autocast.")
  private String precision;

  @Option(names = "--dry-run", description = "Say what would be rendered; load no model.")
  boolean dryRun;

  @Option(
      names = "--resume",
      description =
          "Continue the latest render in the folder, or in an earlier month's, that has the same"
              + " settings.")
  boolean resume;

  @Option(names = "--fit", paramLabel = "HOW", description = "Init image: stretch, crop or pad.")
  private String fit;

  @Option(
      names = "--compat",
      paramLabel = "WHOSE",
      description = "Faults to repeat: none or dsd-0.7.1.")
  private String compat;

  /** All settings from the command line; an option goes before the same setting given with -s. */
  Map<String, String> overrides() {
    Map<String, String> overrides = new LinkedHashMap<>(set);
    putIfGiven(overrides, "outdir", outdir);
    putIfGiven(overrides, "fit", fit);
    putIfGiven(overrides, "precision", precision);
    putIfGiven(overrides, "compat", compat);
    return overrides;
  }

  /** The frames to render at once. */
  BatchSize batch() {
    return BatchSize.parse(batch);
  }

  /** The devices to render on. */
  DeviceChoice devices() {
    return new DeviceChoice(device);
  }

  /** The model to render with; may not exist. */
  Path model() {
    return model != null ? model : shippedModel();
  }

  /** Fails where no model was named and none ships. */
  void checkModel() {
    if (model == null && !Files.isDirectory(shippedModel())) {
      throw new UserError(
          "there is no model at " + shippedModel() + "; name one with --model PATH");
    }
  }

  private static Path shippedModel() {
    return Path.of(System.getProperty("latentween.home", "."), "models", "demo");
  }

  /** The video's file. */
  Path video(Path folder, String timestring) {
    Path video = output == null ? folder.resolve(timestring + ".mp4") : output;
    if (VideoSink.ending(video).isEmpty()) {
      throw new UserError(
          "--output is "
              + output
              + "; its ending must be one of "
              + String.join(", ", VideoSink.ENDINGS));
    }
    return video;
  }

  private static void putIfGiven(Map<String, String> overrides, String name, String value) {
    if (value != null) {
      overrides.put(name, value);
    }
  }
}
