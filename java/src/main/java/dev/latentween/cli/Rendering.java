package dev.latentween.cli;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.RenderJob;
import dev.latentween.model.Checkpoint;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsWriter;
import dev.latentween.settings.UserError;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.InitImage;
import dev.latentween.video.OutputFolder;
import dev.latentween.video.PartialFile;
import dev.latentween.video.VideoSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.function.Supplier;

/**
 * One render from a checkpoint to a video. Everything that can fail early does so before the first
 * frame: the checkpoint, the init image, the folder, the encoder.
 *
 * @param settings what to render
 * @param plan its frames
 * @param timestring first part of the files' names
 * @param video the video's file
 * @param modelPath a diffusers folder or a .safetensors file
 * @param tokenizer folder with vocab.json and merges.txt; null to look beside the model
 * @param device for example "cpu"
 * @param batch frames rendered by one native call
 * @param resume whether whole frames of the same name are kept
 */
record Rendering(
    Settings settings,
    FramePlan plan,
    String timestring,
    Path video,
    Path modelPath,
    Path tokenizer,
    String device,
    int batch,
    boolean resume) {

  /** Renders what is missing and makes the whole video; returns the peak of device memory. */
  long run(Progress progress) {
    OutputFolder.check(settings.outdir());
    OutputFolder.checkFor(video);
    try (Checkpoint checkpoint = Checkpoint.open(modelPath, tokenizer)) {
      ByteBuffer initRgb = initImage();
      try (Engine engine = Engine.open(device, 0);
          Model model = fitting(() -> Model.load(engine, checkpoint));
          RenderJob job =
              fitting(
                  () ->
                      RenderJob.create(
                          model, checkpoint.tokenizer()::encode, settings, batch, initRgb))) {
        render(job, checkpoint.name(), progress);
        return engine.peakBytes();
      }
    }
  }

  /** What the engine rejects when it is made does not fit the model: the user chose both. */
  private static <T> T fitting(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new UserError(e.getMessage(), e);
    }
  }

  private ByteBuffer initImage() {
    return settings
        .initImage()
        .map(uri -> InitImage.load(uri, settings.width(), settings.height(), settings.fit()))
        .orElse(null);
  }

  private void render(RenderJob job, String modelName, Progress progress) {
    FrameFiles files =
        new FrameFiles(
            settings.outdir(), timestring, plan.width(), plan.height(), settings.bitDepth());
    BitSet whole = wholeFrames(files);
    try (Interruption interruption = new Interruption();
        VideoSink sink = VideoSink.open(video, plan.width(), plan.height(), settings.fps());
        FrameOutput output = new FrameOutput(settings, files, modelName, sink, batch)) {
      PartialFile.write(
          settings.outdir().resolve(SettingsWriter.fileName(timestring)),
          SettingsWriter.write(settings, timestring, modelName).getBytes(StandardCharsets.UTF_8));
      progress.start(plan.frameCount(), whole.cardinality());
      int index = 0;
      while (index < plan.frameCount()) {
        int end = index + 1;
        ByteBuffer pixels = output.takeBuffer();
        if (whole.get(index)) {
          output.keep(index, pixels);
        } else {
          while (end < plan.frameCount() && end - index < batch && !whole.get(end)) {
            end++;
          }
          job.render(plan.frames().subList(index, end), pixels);
          output.write(plan.frames().subList(index, end), pixels);
          progress.rendered(plan.frame(end - 1), end - index);
        }
        index = end;
      }
      output.finish();
      sink.finish();
      interruption.over();
    }
  }

  private BitSet wholeFrames(FrameFiles files) {
    BitSet whole = new BitSet();
    if (resume) {
      for (Frame frame : plan.frames()) {
        whole.set(frame.index(), files.isWhole(frame.index()));
      }
    }
    return whole;
  }
}
