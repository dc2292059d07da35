package dev.latentween.video;

import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_QUIET;
import static org.bytedeco.ffmpeg.global.avutil.av_log_set_level;
import static org.bytedeco.ffmpeg.global.avutil.av_strerror;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** FFmpeg's statuses as exceptions; these say what its log would, so the log is silent. */
final class Ffmpeg {
  static {
    av_log_set_level(AV_LOG_QUIET);
  }

  private Ffmpeg() {}

  /** Loads FFmpeg if that has not been done. */
  static void load() {}

  static void check(int status) throws IOException {
    if (status < 0) {
      byte[] text = new byte[128];
      av_strerror(status, text, text.length);
      throw new IOException(new String(text, StandardCharsets.UTF_8).trim());
    }
  }
}
