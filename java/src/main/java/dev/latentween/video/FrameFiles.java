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
   * VideoSink}. Of 16-bit colours the high byte is taken.
   *
   * @throws IOException if the file is missing or damaged
   */
  public void readRgb8(int index, ByteBuffer rgb8) throws IOException {
    byte[] pixels = PngDecoder.decode(path(index), width, height, bitDepth);
    rgb8.clear();
    if (bitDepth == 8) {
      rgb8.put(pixels);
    } else {
      for (int i = 0; i < pixels.length; i += 2) {
        rgb8.put(pixels[i]);
      }
    }
    rgb8.flip();
  }
}
