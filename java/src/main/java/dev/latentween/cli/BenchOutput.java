package dev.latentween.cli;

import dev.latentween.bench.FrameSink;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.Settings;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.VideoSink;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A render's files and video in a folder, for a benchmark. */
final class BenchOutput implements FrameSink {
  private static final int BUFFERS = 3; // as a render on one device

  private final VideoSink video;
  private final FrameOutput output;
  private int frames;

  BenchOutput(Settings settings, String modelName, Path folder, int batch) {
    FrameFiles files =
        new FrameFiles(folder, "bench", settings.width(), settings.height(), settings.bitDepth());
    video =
        VideoSink.open(
            folder.resolve("bench.mp4"), settings.width(), settings.height(), settings.fps());
    output = new FrameOutput(settings, files, modelName, video, batch, BUFFERS);
  }

  @Override
  public ByteBuffer takeBuffer() {
    return output.takeBuffer();
  }

  @Override
  public void write(List<Frame> batch, ByteBuffer pixels) {
    output.write(batch, pixels);
    frames += batch.size();
  }

  @Override
  public void finish() {
    output.finish(frames);
    video.finish();
  }

  @Override
  public void close() {
    output.close();
    video.close();
  }
}
