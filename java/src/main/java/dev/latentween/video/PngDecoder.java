package dev.latentween.video;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Reads frames back: RGB, not interlaced, of a size and depth that are known beforehand. */
final class PngDecoder {
  private static final int IHDR = 0x49484452;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;

  private PngDecoder() {}

  /**
   * The pixels, big-endian where they have 16 bits. Every byte of the file is checked on the way:
   * signature, each chunk's CRC, size, format, the end.
   *
   * @throws IOException if the file cannot be read, is not whole or is not such a picture
   */
  static byte[] decode(Path file, int width, int height, int bitDepth) throws IOException {
    int rowBytes = PngFilters.rowBytes(width, bitDepth);
    byte[] filtered = new byte[height * (1 + rowBytes)];
    byte[] pixels = new byte[height * rowBytes];
    try {
      byte[] header = PngEncoder.header(width, height, bitDepth);
      inflate(ByteBuffer.wrap(Files.readAllBytes(file)), header, filtered);
      PngFilters.unfilter(filtered, rowBytes, 3 * bitDepth / 8, pixels);
      return pixels;
    } catch (DataFormatException e) {
      throw new IOException("not a whole frame, " + e.getMessage(), e);
    }
  }

  private static void inflate(ByteBuffer in, byte[] header, byte[] filtered)
      throws DataFormatException {
    check(in.remaining() >= 8 && Arrays.equals(take(in, 8), PngEncoder.SIGNATURE), "no PNG");
    Inflater inflater = new Inflater();
    int inflated = 0;
    try {
      for (int type = 0; type != IEND; ) {
        check(in.remaining() >= 12, "cut short");
        int size = in.getInt();
        check(size >= 0 && size <= in.remaining() - 8, "cut short");
        in.mark();
        type = in.getInt();
        byte[] data = take(in, size);
        CRC32 crc = new CRC32();
        crc.update(in.reset().slice().limit(4 + size));
        in.position(in.position() + 4 + size);
        check(in.getInt() == (int) crc.getValue(), "wrong checksum");
        if (type == IHDR) {
          check(Arrays.equals(data, header), "another size or format");
        } else if (type == IDAT) {
          inflater.setInput(data);
          inflated += inflater.inflate(filtered, inflated, filtered.length - inflated);
        }
      }
      check(inflated == filtered.length, "too few pixels");
    } finally {
      inflater.end();
    }
  }

  private static byte[] take(ByteBuffer in, int size) {
    byte[] bytes = new byte[size];
    in.get(bytes);
    return bytes;
  }

  private static void check(boolean ok, String otherwise) throws DataFormatException {
    if (!ok) {
      throw new DataFormatException(otherwise);
    }
  }
}
