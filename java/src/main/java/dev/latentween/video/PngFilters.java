package dev.latentween.video;

import java.util.zip.DataFormatException;

/** PNG's row filters, both ways. A filtered row is its filter's number, then its bytes. */
final class PngFilters {
  private static final int SUB = 1;
  private static final int UP = 2;
  private static final int AVERAGE = 3;
  private static final int PAETH = 4;

  private PngFilters() {}

  static int rowBytes(int width, int bitDepth) {
    return width * 3 * bitDepth / 8;
  }

  /** Filters every row with AVERAGE, the best of the five for the encoder's Huffman-only coding. */
  static void filter(byte[] pixels, int rowBytes, int bytesPerPixel, byte[] filtered) {
    int rows = pixels.length / rowBytes;
    for (int y = 0; y < rows; y++) {
      int from = y * rowBytes;
      int to = y * (rowBytes + 1);
      filtered[to] = AVERAGE;
      for (int x = 0; x < rowBytes; x++) {
        int left = x < bytesPerPixel ? 0 : pixels[from + x - bytesPerPixel] & 255;
        int up = y == 0 ? 0 : pixels[from + x - rowBytes] & 255;
        filtered[to + 1 + x] = (byte) (pixels[from + x] - ((left + up) >> 1));
      }
    }
  }

  /** Undoes any of the five filters: frames that an optimiser has rewritten are read too. */
  static void unfilter(byte[] filtered, int rowBytes, int bytesPerPixel, byte[] pixels)
      throws DataFormatException {
    int rows = pixels.length / rowBytes;
    for (int y = 0; y < rows; y++) {
      int from = y * (rowBytes + 1);
      int to = y * rowBytes;
      int filter = filtered[from];
      if (filter < 0 || filter > PAETH) {
        throw new DataFormatException("no such filter: " + filter);
      }
      for (int x = 0; x < rowBytes; x++) {
        int left = x < bytesPerPixel ? 0 : pixels[to + x - bytesPerPixel] & 255;
        int up = y == 0 ? 0 : pixels[to + x - rowBytes] & 255;
        int upLeft =
            x < bytesPerPixel || y == 0 ? 0 : pixels[to + x - rowBytes - bytesPerPixel] & 255;
        pixels[to + x] = (byte) (filtered[from + 1 + x] + predict(filter, left, up, upLeft));
      }
    }
  }

  private static int predict(int filter, int left, int up, int upLeft) {
    switch (filter) {
      case SUB:
        return left;
      case UP:
        return up;
      case AVERAGE:
        return (left + up) >> 1;
      case PAETH:
        int estimate = left + up - upLeft;
        int a = Math.abs(estimate - left);
        int b = Math.abs(estimate - up);
        int c = Math.abs(estimate - upLeft);
        return a <= b && a <= c ? left : b <= c ? up : upLeft;
      default:
        return 0;
    }
  }
}
