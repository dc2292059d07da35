package dev.latentween.bench;

import dev.latentween.schedule.Frame;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Where a render's frames go: its files and its video. */
public interface FrameSink extends AutoCloseable {
  /** A buffer for a batch of frames; waits until one is free. */
  ByteBuffer takeBuffer();

  /** Writes frames that lie in a buffer of {@link #takeBuffer}, while the caller goes on. */
  void write(List<Frame> frames, ByteBuffer pixels);

  /** Waits until everything is written. */
  void finish();

  @Override
  void close();

  /** Makes sinks as the command line's renders have them. */
  interface Factory {
    /**
     * @param folder for all that is written
     * @param batch frames of one buffer
     */
    FrameSink open(Settings settings, String modelName, Path folder, int batch);
  }
}
