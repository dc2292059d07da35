package dev.latentween.video;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;
import static org.bytedeco.ffmpeg.global.swscale.*;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Reads a whole video back: decoded by FFmpeg, converted to RGB as BT.601.
 *
 * @param colorspace the one its tag tells players of
 */
public record VideoReader(
    String codec, int colorspace, int width, int height, double seconds, List<byte[]> frames) {
  public static VideoReader read(Path path) throws Exception {
    Ffmpeg.load();
    AVFormatContext container = new AVFormatContext(null);
    AVDictionary none = null;
    Ffmpeg.check(avformat_open_input(container, path.toString(), null, none));
    Ffmpeg.check(avformat_find_stream_info(container, (PointerPointer<?>) null));
    AVStream stream = container.streams(0);
    AVCodecContext decoder =
        avcodec_alloc_context3(avcodec_find_decoder(stream.codecpar().codec_id()));
    Ffmpeg.check(avcodec_parameters_to_context(decoder, stream.codecpar()));
    Ffmpeg.check(avcodec_open2(decoder, decoder.codec(), none));
    List<byte[]> frames = new ArrayList<>();
    AVPacket packet = av_packet_alloc();
    AVFrame frame = av_frame_alloc();
    boolean more = true;
    while (more) {
      more = av_read_frame(container, packet) >= 0;
      Ffmpeg.check(avcodec_send_packet(decoder, more ? packet : null));
      av_packet_unref(packet);
      while (avcodec_receive_frame(decoder, frame) >= 0) {
        frames.add(rgb(frame));
      }
    }
    VideoReader video =
        new VideoReader(
            avcodec_get_name(stream.codecpar().codec_id()).getString(),
            stream.codecpar().color_space(),
            decoder.width(),
            decoder.height(),
            container.duration() / 1e6,
            frames);
    avcodec_free_context(decoder);
    avformat_close_input(container);
    return video;
  }

  private static byte[] rgb(AVFrame frame) {
    int width = frame.width();
    int height = frame.height();
    SwsContext scaler =
        sws_getContext(
            width,
            height,
            frame.format(),
            width,
            height,
            AV_PIX_FMT_RGB24,
            SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT,
            null,
            null,
            (DoublePointer) null);
    AVFrame rgb = av_frame_alloc();
    rgb.format(AV_PIX_FMT_RGB24);
    rgb.width(width);
    rgb.height(height);
    av_frame_get_buffer(rgb, 1);
    sws_scale_frame(scaler, rgb, frame);
    byte[] pixels = new byte[width * height * 3];
    for (int y = 0; y < height; y++) {
      new BytePointer(rgb.data(0))
          .position((long) y * rgb.linesize(0))
          .get(pixels, y * width * 3, width * 3);
    }
    av_frame_free(rgb);
    sws_freeContext(scaler);
    return pixels;
  }

  /** The mean of one colour over the columns from {@code left} to {@code right} of a frame. */
  double mean(int frame, int channel, int left, int right) {
    long sum = 0;
    for (int y = 0; y < height; y++) {
      for (int x = left; x < right; x++) {
        sum += frames.get(frame)[(y * width + x) * 3 + channel] & 255;
      }
    }
    return (double) sum / ((right - left) * height);
  }
}
