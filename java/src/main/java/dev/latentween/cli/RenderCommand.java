package dev.latentween.cli;

import dev.latentween.engine.Devices;
import dev.latentween.model.Checkpoint;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.EarlierRender;
import dev.latentween.settings.Loaded;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.settings.SettingsWriter;
import dev.latentween.settings.Timestring;
import dev.latentween.video.InitImage;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Renders a settings file. */
@Command(
    name = "render",
    description = "Render the frames and the video of a settings file.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RenderCommand implements Runnable {
  @Spec private CommandSpec spec;
  @Mixin private RenderOptions options;

  @Override
  public void run() {
    options.batch();
    options.devices();
    Loaded loaded = new SettingsReader().read(options.settings, options.overrides());
    String model = Checkpoint.nameOf(options.model());
    boolean resume = options.resume || loaded.settings().resumeTimestring().isPresent();
    // Without --resume nothing is read or fetched for a dry run.
    Optional<ByteBuffer> initImage =
        options.dryRun && !resume ? Optional.empty() : initImage(loaded.settings());
    Optional<EarlierRender> earlier =
        resume
            ? EarlierRender.find(loaded, model, initImage.map(InitImage::hash))
            : Optional.empty();
    Settings settings = earlier.map(EarlierRender::settings).orElse(loaded.settings());
    String timestring =
        earlier.map(EarlierRender::timestring).orElseGet(() -> newTimestring(settings.outdir()));
    FramePlan plan = FramePlan.of(settings);
    Path video = options.video(settings.outdir(), timestring);

    PrintWriter err = spec.commandLine().getErr();
    loaded.notices().forEach(notice -> err.println("note: " + notice));
    loaded
        .modelCheckpoint()
        .filter(named -> !named.replaceFirst("\\.(ckpt|safetensors)$", "").equals(model))
        .ifPresent(
            named ->
                err.println(
                    "note: model_checkpoint is " + named + "; rendering with --model " + model));
    if (resume && earlier.isEmpty()) {
      err.println(
          "note: nothing to resume in "
              + settings.outdir()
              + ": no render there has the same settings and model");
    }
    if (loaded.seedDrawn() && earlier.isEmpty()) {
      err.println(
          "note: seed is " + settings.seed() + ", drawn; give it to get these frames again");
    }
    if (options.dryRun) {
      PrintWriter out = spec.commandLine().getOut();
      out.print(DryRun.describe(settings, plan, video));
      out.flush();
      return;
    }
    options.checkModel();
    render(settings, plan, timestring, video, initImage.orElse(null), earlier.isPresent());
  }

  /** Of now, or of the first second after it that no other render in the folder has. */
  private static String newTimestring(Path outdir) {
    return Stream.iterate(LocalDateTime.now(), time -> time.plusSeconds(1))
        .map(Timestring::of)
        .filter(timestring -> !Files.exists(outdir.resolve(SettingsWriter.fileName(timestring))))
        .findFirst()
        .orElseThrow();
  }

  private static Optional<ByteBuffer> initImage(Settings settings) {
    return settings
        .initImage()
        .map(uri -> InitImage.load(uri, settings.width(), settings.height(), settings.fit()));
  }

  private void render(
      Settings settings,
      FramePlan plan,
      String timestring,
      Path video,
      ByteBuffer initImage,
      boolean resume) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    DeviceChoice.Chosen devices = options.devices().among(Devices::find);
    if (!devices.note().isEmpty()) {
      err.println("note: " + devices.note());
      err.flush();
    }
    Rendering rendering =
        new Rendering(
            settings,
            plan,
            timestring,
            video,
            initImage,
            options.model(),
            options.tokenizer,
            devices.names(),
            options.batch(),
            resume,
            note -> {
              err.println("note: " + note);
              err.flush();
            });
    Rendering.Done done;
    try (Progress progress = new Progress(err, System.console() != null)) {
      done = rendering.run(progress);
    }
    out.printf(
        Locale.ROOT,
        "%s: %d frames, %dx%d, %.2f s at %s fps; rendered at %.2f frames/s, %d at once; peak memory %d MiB%n",
        video,
        plan.frameCount(),
        plan.width(),
        plan.height(),
        plan.videoSeconds(),
        plain(settings.fps()),
        done.framesPerSecond(),
        done.batch(),
        done.peakBytes() >> 20);
    if (settings.saveSamples()) {
      out.println("frames and settings: " + settings.outdir());
    }
    out.flush();
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
