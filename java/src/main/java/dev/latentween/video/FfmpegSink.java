package dev.latentween.video;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_GLOBAL_HEADER;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_rescale_ts;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_encoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_from_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_packet;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_frame;
import static org.bytedeco.ffmpeg.global.avformat.AVIO_FLAG_WRITE;
import static org.bytedeco.ffmpeg.global.avformat.av_interleaved_write_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_write_trailer;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_output_context2;
import static org.bytedeco.ffmpeg.global.avformat.avformat_free_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_new_stream;
import static org.bytedeco.ffmpeg.global.avformat.avformat_write_header;
import static org.bytedeco.ffmpeg.global.avformat.avio_closep;
import static org.bytedeco.ffmpeg.global.avformat.avio_open;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_PRI_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_RGB;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_TRC_IEC61966_2_1;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AV_PICTURE_TYPE_NONE;
import static org.bytedeco.ffmpeg.global.avutil.av_d2q;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_count;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_unref;
import static org.bytedeco.ffmpeg.global.avutil.av_get_pix_fmt;
import static org.bytedeco.ffmpeg.global.avutil.av_inv_q;
import static org.bytedeco.ffmpeg.global.avutil.av_q2d;
import static org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;

/** MP4, WebM and GIF by FFmpeg: filters, encoder, container, one frame after another. */
final class FfmpegSink extends VideoSink {
  private final AVFormatContext container = new AVFormatContext(null);
  private final AVIOContext output = new AVIOContext(null);
  private final AVFrame frame = av_frame_alloc();
  private final AVPacket packet = av_packet_alloc();
  private final AVRational frameTime;
  private AVCodecContext encoder;
  private AVStream stream;
  private FilterGraph filters;

  FfmpegSink(PartialFile file, VideoFormat format, int width, int height, double fps)
      throws IOException {
    super(file, width, height);
    Ffmpeg.load();
    frameTime = av_inv_q(av_d2q(fps, 1001000));
    try {
      openEncoder(format, width, height);
      openContainer(format, file.partial().toString());
    } catch (IOException e) {
      release();
      throw e;
    }
  }

  private void openEncoder(VideoFormat format, int width, int height) throws IOException {
    AVCodec codec = avcodec_find_encoder_by_name(format.encoder());
    encoder = avcodec_alloc_context3(codec);
    encoder.width(width);
    encoder.height(height);
    encoder.pix_fmt(av_get_pix_fmt(format.pixelFormat()));
    encoder.time_base(frameTime);
    encoder.framerate(av_inv_q(frameTime));
    encoder.flags(encoder.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
    if (format.colorspace() != AVCOL_SPC_RGB) {
      encoder.color_range(AVCOL_RANGE_MPEG);
      encoder.colorspace(format.colorspace());
      encoder.color_primaries(AVCOL_PRI_BT709);
      encoder.color_trc(AVCOL_TRC_IEC61966_2_1);
    }
    AVDictionary options = dictionary(format.options());
    int status = avcodec_open2(encoder, codec, options);
    boolean allKnown = av_dict_count(options) == 0;
    av_dict_free(options);
    if (status < 0 || !allKnown) {
      throw new IOException(
          format.encoder()
              + " takes no "
              + width
              + "x"
              + height
              + " at "
              + av_q2d(encoder.framerate())
              + " frames a second");
    }
    filters = new FilterGraph(format.filters(), width, height, frameTime);
  }

  private void openContainer(VideoFormat format, String name) throws IOException {
    Ffmpeg.check(avformat_alloc_output_context2(container, null, format.container(), name));
    stream = avformat_new_stream(container, null);
    stream.time_base(frameTime);
    stream.avg_frame_rate(av_inv_q(frameTime));
    Ffmpeg.check(avcodec_parameters_from_context(stream.codecpar(), encoder));
    Ffmpeg.check(avio_open(output, name, AVIO_FLAG_WRITE));
    container.pb(output);
    AVDictionary options = dictionary(format.containerOptions());
    Ffmpeg.check(avformat_write_header(container, options));
    av_dict_free(options);
  }

  private static AVDictionary dictionary(Map<String, String> options) {
    AVDictionary dictionary = new AVDictionary(null);
    options.forEach((name, value) -> av_dict_set(dictionary, name, value, 0));
    return dictionary;
  }

  @Override
  void encode(ByteBuffer rgb8) throws IOException {
    filters.put(rgb8);
    encodeFiltered();
  }

  @Override
  void complete() throws IOException {
    filters.end();
    encodeFiltered();
    Ffmpeg.check(avcodec_send_frame(encoder, null));
    writePackets();
    Ffmpeg.check(av_write_trailer(container));
    Ffmpeg.check(avio_closep(output));
    container.pb(null);
  }

  private void encodeFiltered() throws IOException {
    while (filters.take(frame)) {
      frame.pict_type(AV_PICTURE_TYPE_NONE);
      Ffmpeg.check(avcodec_send_frame(encoder, frame));
      av_frame_unref(frame);
      writePackets();
    }
  }

  private void writePackets() throws IOException {
    while (true) {
      int status = avcodec_receive_packet(encoder, packet);
      if (status == AVERROR_EAGAIN() || status == AVERROR_EOF) {
        return;
      }
      Ffmpeg.check(status);
      av_packet_rescale_ts(packet, frameTime, stream.time_base());
      packet.stream_index(0);
      Ffmpeg.check(av_interleaved_write_frame(container, packet));
    }
  }

  @Override
  void release() {
    if (!output.isNull()) {
      avio_closep(output);
    }
    if (filters != null) {
      filters.close();
      filters = null;
    }
    avcodec_free_context(encoder);
    avformat_free_context(container);
    container.setNull();
    av_frame_free(frame);
    av_packet_free(packet);
  }
}
