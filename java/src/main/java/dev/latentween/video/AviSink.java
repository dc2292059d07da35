package dev.latentween.video;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgproc.COLOR_RGB2BGR;
import static org.bytedeco.opencv.global.opencv_imgproc.cvtColor;
import static org.bytedeco.opencv.global.opencv_videoio.CAP_OPENCV_MJPEG;
import static org.bytedeco.opencv.global.opencv_videoio.VIDEOWRITER_PROP_QUALITY;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.bytedeco.opencv.opencv_videoio.VideoWriter;

/** Motion JPEG in AVI by OpenCV, the only codec its writer opens here. */
final class AviSink extends VideoSink {
  /** AVI's lengths are 32 bits, and OpenCV writes past them without a word. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - (64L << 20);

  private final Path partial;
  private final int width;
  private final int height;
  private final Mat bgr = new Mat();
  private final VideoWriter writer;

  AviSink(PartialFile file, int width, int height, double fps) throws IOException {
    super(file, width, height);
    partial = file.partial();
    this.width = width;
    this.height = height;
    int mjpg = VideoWriter.fourcc((byte) 'M', (byte) 'J', (byte) 'P', (byte) 'G');
    BytePointer name = new BytePointer(partial.toString(), StandardCharsets.UTF_8);
    writer = new VideoWriter(name, CAP_OPENCV_MJPEG, mjpg, fps, new Size(width, height), true);
    if (!writer.isOpened()) {
      throw new IOException("OpenCV cannot make a Motion JPEG of this size and speed");
    }
    writer.set(VIDEOWRITER_PROP_QUALITY, 95);
  }

  @Override
  void encode(ByteBuffer rgb8) throws IOException {
    if (Files.size(partial) > MAX_BYTES) {
      throw new IOException("an AVI ends at 2 GB; name the video .mp4");
    }
    try (BytePointer pixels = new BytePointer(rgb8);
        Mat rgb = new Mat(height, width, CV_8UC3, pixels)) {
      cvtColor(rgb, bgr, COLOR_RGB2BGR);
      writer.write(bgr);
    }
  }

  /** OpenCV ignores what writing returns, so a full disk shows only here: a file cut short. */
  @Override
  void complete() throws IOException {
    writer.release();
    ByteBuffer riff = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    long size;
    try (FileChannel channel = FileChannel.open(partial)) {
      channel.read(riff);
      size = channel.size();
    }
    if (riff.hasRemaining() || Integer.toUnsignedLong(riff.getInt(4)) + 8 != size) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  void release() {
    writer.close();
    bgr.close();
  }
}
