package dev.latentween.video;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_RGB;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_SMPTE170M;

import java.util.Map;

/**
 * How FFmpeg makes a kind of video.
 *
 * @param container FFmpeg's name of the muxer
 * @param encoder FFmpeg's name of the encoder
 * @param pixelFormat FFmpeg's name of what the encoder takes
 * @param filters from RGB to what the encoder takes, as a filter graph
 * @param options of the encoder
 * @param containerOptions of the muxer
 */
record VideoFormat(
    String container,
    String encoder,
    String filters,
    String pixelFormat,
    int colorspace,
    Map<String, String> options,
    Map<String, String> containerOptions) {

  /** BT.601: what players take small pictures to be that have no tag, and this one's tag too. */
  private static final String YUV420P =
      "scale=flags=bicubic+accurate_rnd+full_chroma_inp:out_color_matrix=bt601:out_range=tv,"
          + "format=yuv420p";

  // Measured on 512x512 photographs that fade into each other: MP4 6 ms, 10 KB and 37.5 dB a frame
  // on one thread, WebM 21 ms, 6 KB and 38.5 dB on two.

  /**
   * Near constant quality: the bit rate is more than it needs. Below a quantiser of 18 openh264
   * fails on frames of noise, which overflow its buffer of one raw frame.
   */
  static final VideoFormat MP4 =
      new VideoFormat(
          "mp4",
          "libopenh264",
          YUV420P,
          "yuv420p",
          AVCOL_SPC_SMPTE170M,
          Map.of(
              "profile", "high", "rc_mode", "quality", "b", "20M", "qmin", "18", "qmax", "20", "g",
              "60"),
          Map.of("movflags", "+faststart"));

  static final VideoFormat WEBM =
      new VideoFormat(
          "webm",
          "libvpx-vp9",
          YUV420P,
          "yuv420p",
          AVCOL_SPC_SMPTE170M,
          Map.of("crf", "20", "b", "0", "deadline", "good", "cpu-used", "4", "row-mt", "1"),
          Map.of());

  /**
   * A palette for each frame: one for all would need all frames at once. It is made from a
   * sixteenth of the pixels, and the dithering is ordered, which does not crawl from frame to
   * frame: 50 ms and 35.0 dB a frame; from all pixels with sierra2_4a 150 ms and 34.2 dB.
   */
  static final VideoFormat GIF =
      new VideoFormat(
          "gif",
          "gif",
          "split[a][b];"
              + "[a]scale=max(64\\,iw/4):max(64\\,ih/4):flags=neighbor,"
              + "palettegen=stats_mode=single[palette];"
              + "[b][palette]paletteuse=new=1:dither=bayer:bayer_scale=3",
          "pal8",
          AVCOL_SPC_RGB,
          Map.of(),
          Map.of());
}
