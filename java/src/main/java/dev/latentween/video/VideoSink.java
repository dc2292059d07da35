package dev.latentween.video;

import dev.latentween.settings.Reason;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A video that frames stream into, in their order. It appears under its name with {@link #finish};
 * closed before that, nothing of it stays. The memory held does not grow with its length.
 */
public abstract class VideoSink implements AutoCloseable {
  /** Of the files that can be made. */
  public static final List<String> ENDINGS = List.of("avi", "mp4", "webm", "gif");

  private final PartialFile file;
  private final int frameBytes;
  private int frames;
  private boolean open = true;

  VideoSink(PartialFile file, int width, int height) {
    this.file = file;
    frameBytes = width * height * 3;
  }

  /**
   * Starts the encoder that the file's ending asks for: {@code .avi} Motion JPEG, {@code .mp4}
   * H.264, {@code .webm} VP9, {@code .gif}. A video that cannot be made fails here, before any
   * frame is rendered. Makes the folder where it is missing.
   *
   * @throws UserError if the ending is none of the four or the file cannot be written
   */
  public static VideoSink open(Path path, int width, int height, double fps) {
    if (width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0) {
      // H.264 and VP9 keep colour at half the size; OpenCV writes odd sizes as empty files.
      throw new IllegalArgumentException("a video of " + width + "x" + height + ": not even");
    }
    String ending =
        ending(path)
            .orElseThrow(
                () ->
                    new UserError(
                        "video "
                            + path
                            + ": its ending must be one of "
                            + String.join(", ", ENDINGS)));
    PartialFile file = PartialFile.of(path);
    boolean started = false;
    try {
      Files.createDirectories(file.partial().getParent());
      file.create().close(); // OpenCV does not say why it cannot open a file; this does
      VideoSink sink =
          switch (ending) {
            case "avi" -> new AviSink(file, width, height, fps);
            case "mp4" -> new FfmpegSink(file, VideoFormat.MP4, width, height, fps);
            case "webm" -> new FfmpegSink(file, VideoFormat.WEBM, width, height, fps);
            default -> new FfmpegSink(file, VideoFormat.GIF, width, height, fps);
          };
      started = true;
      return sink;
    } catch (IOException e) {
      throw cannotWrite(path, e);
    } finally {
      if (!started) {
        file.discard();
      }
    }
  }

  /** The one of {@link #ENDINGS} that a file has, if any. */
  public static Optional<String> ending(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    return ENDINGS.stream().filter(ending -> name.endsWith("." + ending)).findFirst();
  }

  /**
   * Adds a frame: rows of RGB bytes from position to limit of a direct buffer, both left as they
   * are. The buffer is free again on return.
   *
   * @throws UserError if the video cannot be written
   */
  public final void write(ByteBuffer rgb8) {
    mustBeOpen();
    if (!rgb8.isDirect() || rgb8.remaining() != frameBytes) {
      throw new IllegalArgumentException(
          "frame "
              + frames
              + " has "
              + rgb8.remaining()
              + " bytes (direct: "
              + rgb8.isDirect()
              + "), not "
              + frameBytes
              + " direct ones");
    }
    try {
      encode(rgb8.slice());
      frames++;
    } catch (IOException e) {
      throw cannotWrite(file.target(), e);
    }
  }

  /**
   * Completes the video and gives it its name.
   *
   * @throws UserError if the video cannot be written
   */
  public final void finish() {
    mustBeOpen();
    if (frames == 0) {
      throw new IllegalStateException("a video of no frames: " + file.target());
    }
    try {
      complete();
      release();
      file.commit();
      open = false;
    } catch (IOException e) {
      throw cannotWrite(file.target(), e);
    }
  }

  /**
   * Frees the encoder. Without {@link #finish} before, the video is given up and leaves no file.
   */
  @Override
  public final void close() {
    if (open) {
      open = false;
      release();
      file.discard();
    }
  }

  /** Encodes one frame; the buffer holds exactly that. */
  abstract void encode(ByteBuffer rgb8) throws IOException;

  /** Writes what is still in the encoder and the container's end, and checks the file. */
  abstract void complete() throws IOException;

  /** Frees everything native; may be called again. */
  abstract void release();

  private void mustBeOpen() {
    if (!open) {
      throw new IllegalStateException("the video is closed: " + file.target());
    }
  }

  private static UserError cannotWrite(Path path, IOException e) {
    return new UserError("cannot write " + path + ": " + Reason.of(e), e);
  }
}
