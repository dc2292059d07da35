package dev.latentween.video;

import static org.bytedeco.ffmpeg.global.avfilter.av_buffersink_get_frame;
import static org.bytedeco.ffmpeg.global.avfilter.av_buffersrc_write_frame;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_alloc;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_config;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_free;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_get_filter;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_parse_ptr;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avfilter.AVFilterContext;
import org.bytedeco.ffmpeg.avfilter.AVFilterGraph;
import org.bytedeco.ffmpeg.avfilter.AVFilterInOut;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;

/** FFmpeg filters that RGB frames go into and an encoder's frames come out of. */
final class FilterGraph implements AutoCloseable {
  private final AVFilterGraph graph = avfilter_graph_alloc();
  private final AVFrame rgb = av_frame_alloc();
  private AVFilterContext source;
  private AVFilterContext sink;
  private long frames;

  FilterGraph(String filters, int width, int height, AVRational timeBase) throws IOException {
    rgb.format(AV_PIX_FMT_RGB24);
    rgb.width(width);
    rgb.height(height);
    rgb.linesize(0, 3 * width);
    String input =
        "buffer@rgb=pix_fmt=rgb24:width="
            + width
            + ":height="
            + height
            + ":time_base="
            + timeBase.num()
            + "/"
            + timeBase.den()
            + ",";
    AVFilterInOut none = null;
    String all = input + filters + ",buffersink@encoder";
    Ffmpeg.check(avfilter_graph_parse_ptr(graph, all, none, none, null));
    Ffmpeg.check(avfilter_graph_config(graph, null));
    source = avfilter_graph_get_filter(graph, "buffer@rgb");
    sink = avfilter_graph_get_filter(graph, "buffersink@encoder");
  }

  /** Puts the next frame in, copied. */
  void put(ByteBuffer rgb8) throws IOException {
    try (BytePointer pixels = new BytePointer(rgb8)) {
      rgb.data(0, pixels);
      rgb.pts(frames++);
      Ffmpeg.check(av_buffersrc_write_frame(source, rgb));
    }
  }

  /** Says that no frame follows. */
  void end() throws IOException {
    Ffmpeg.check(av_buffersrc_write_frame(source, null));
  }

  /** Takes a frame out if one is ready. */
  boolean take(AVFrame filtered) throws IOException {
    int status = av_buffersink_get_frame(sink, filtered);
    if (status == AVERROR_EAGAIN() || status == AVERROR_EOF) {
      return false;
    }
    Ffmpeg.check(status);
    return true;
  }

  @Override
  public void close() {
    av_frame_free(rgb);
    avfilter_graph_free(graph);
  }
}
