package dev.latentween.cli;

import dev.latentween.engine.ModelSource;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsWriter;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.InitImage;
import dev.latentween.video.OutputFolder;
import dev.latentween.video.PartialFile;
import dev.latentween.video.VideoSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One render from a model to a video. Everything that can fail early does so before the first
 * frame: the model, the init image, the folder, the devices, the encoder.
 *
 * @param settings what to render
 * @param plan its frames
 * @param timestring first part of the files' names
 * @param video the video's file
 * @param initImage the picture that frames start from, as large as they; null to start from noise
 * @param model a diffusers folder, a .safetensors file or "synthetic:sd15"
 * @param tokenizer folder with vocab.json and merges.txt; null to look beside the model
 * @param devices names of the engines to share the frames, for example "cpu"
 * @param batch frames rendered at once
 * @param resume whether whole frames of the same name are kept
 * @param notes told what the user should know
 */
record Rendering(
    Settings settings,
    FramePlan plan,
    String timestring,
    Path video,
    ByteBuffer initImage,
    Path model,
    Path tokenizer,
    List<String> devices,
    BatchSize batch,
    boolean resume,
    Consumer<String> notes) {

  /**
   * What a render took.
   *
   * @param batch frames at once
   * @param framesPerSecond from the first batch until all files are written
   * @param peakBytes the most memory of a device
   */
  record Done(int batch, double framesPerSecond, long peakBytes) {}

  /** Renders what is missing and makes the whole video. */
  Done run(Progress progress) {
    OutputFolder.check(settings.outdir());
    OutputFolder.checkFor(video);
    FrameFiles files =
        new FrameFiles(
            settings.outdir(), timestring, plan.width(), plan.height(), settings.bitDepth());
    BitSet whole = wholeFrames(files);
    try (ModelSource source = ModelSource.open(model, tokenizer);
        Engines engines = Engines.open(devices, source, settings, initImage, notes)) {
      noteCutPrompts(source);
      int missing = plan.frameCount() - whole.cardinality();
      int limit = batch.isAuto() ? engines.largestBatch(BatchSize.LARGEST) : batch.asked();
      int size = engines.prepare(batch.of(missing, limit, devices.size()), notes);
      double framesPerSecond = render(engines, size, files, whole, source.name(), progress);
      return new Done(size, framesPerSecond, engines.peakBytes());
    }
  }

  private void noteCutPrompts(ModelSource source) {
    Set<String> prompts = new LinkedHashSet<>(settings.prompts());
    prompts.addAll(settings.negativePrompts());
    for (String prompt : prompts) {
      int dropped = source.dropped().applyAsInt(prompt);
      if (dropped > 0) {
        notes.accept(
            String.format(
                "\"%.40s...\" is longer than the model reads: its last %d tokens are not used",
                prompt, dropped));
      }
    }
  }

  private double render(
      Engines engines,
      int size,
      FrameFiles files,
      BitSet whole,
      String modelName,
      Progress progress) {
    // Of each engine one batch is sampled, one is decoded, and one is written.
    int buffers = 3 * devices.size();
    try (Interruption interruption =
            new Interruption(
                PartialFile::discardAll,
                settings.saveSamples()
                    ? "interrupted; frames written so far are whole: go on with --resume"
                    : "interrupted");
        VideoSink sink = VideoSink.open(video, plan.width(), plan.height(), settings.fps());
        FrameOutput output = new FrameOutput(settings, files, modelName, sink, size, buffers)) {
      PartialFile.write(
          settings.outdir().resolve(SettingsWriter.fileName(timestring)),
          SettingsWriter.write(
                  settings,
                  timestring,
                  modelName,
                  Optional.ofNullable(initImage).map(InitImage::hash))
              .getBytes(StandardCharsets.UTF_8));
      progress.start(plan.frameCount(), whole.cardinality());
      engines.render(new FrameQueue(plan, whole, output, progress));
      output.finish(plan.frameCount());
      sink.finish();
      interruption.over();
      return progress.framesPerSecond();
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
