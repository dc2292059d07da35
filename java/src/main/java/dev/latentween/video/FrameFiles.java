package dev.latentween.video;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The numbered PNGs of one render: {@code DIR/TIMESTRING_00000.png} and on, all of one size.
 *
 * @param bitDepth 8 or 16 bits a colour
 */
public record FrameFiles(Path dir, String timestring, int width, int height, int bitDepth) {
  public FrameFiles {
    if (width < 1 || height < 1 || (bitDepth != 8 && bitDepth != 16)) {
      throw new IllegalArgumentException(width + "x" + height + " of " + bitDepth + " bits");
    }
  }

  /** Where frame {@code index} goes. */
  public Path path(int index) {
    return dir.resolve(String.format(Locale.ROOT, "%s_%05d.png", timestring, index));
  }

  /** The bytes of one frame's pixels. */
  public int frameBytes() {
    return height * PngFilters.rowBytes(width, bitDepth);
  }

  /**
   * Whether the file of frame {@code index} is there, of this size and depth, and undamaged. Every
   * byte is read and checked, 6 ms for 512x512.
   */
  public boolean isWhole(int index) {
    try {
      PngDecoder.decode(path(index), width, height, bitDepth);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Reads frame {@code index} into {@code rgb8}, which becomes exactly one frame for a {@link
   * VideoSink}. 16-bit colours become those that the same frame has at 8 bits.
   *
   * @throws IOException if the file is missing or damaged
   */
  public void readRgb8(int index, ByteBuffer rgb8) throws IOException {
    byte[] pixels = PngDecoder.decode(path(index), width, height, bitDepth);
    rgb8.clear();
    if (bitDepth == 8) {
      rgb8.put(pixels);
    } else {
      putAs8Bit(ByteBuffer.wrap(pixels), rgb8);
    }
    rgb8.flip();
  }

  /**
   * Appends 16-bit colours, in the order of bytes that their buffer has, to {@code rgb8}. White is
   * 65025 as Deforum has it, so dividing by 255 gives what truncating to 8 bits gives.
   */
  public static void putAs8Bit(ByteBuffer words, ByteBuffer rgb8) {
    while (words.hasRemaining()) {
      rgb8.put((byte) Math.min(255, (words.getShort() & 0xffff) / 255));
    }
  }
}
