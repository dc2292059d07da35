package dev.latentween.video;

/**
 * Resizes 8-bit RGB as PIL's LANCZOS does, bit for bit: the filter widened when shrinking, along
 * the rows first, weights in fixed point, 8 bits between the passes.
 */
final class LanczosResize {
  private static final int LOBES = 3;

  /** Of 32 bits, 8 are the colour's and 2 are for the overshoot of negative weights. */
  private static final int FRACTION_BITS = 32 - 8 - 2;

  private LanczosResize() {}

  static byte[] resize(byte[] rgb, int width, int height, int toWidth, int toHeight) {
    byte[] wide = rgb;
    if (toWidth != width) {
      wide = new byte[toWidth * height * 3];
      for (int x = 0; x < toWidth; x++) {
        Weights weights = Weights.of(x, width, toWidth);
        for (int y = 0; y < height; y++) {
          weights.apply(rgb, (y * width + weights.first) * 3, 3, wide, (y * toWidth + x) * 3, 3);
        }
      }
    }
    if (toHeight == height) {
      return wide;
    }
    byte[] resized = new byte[toWidth * toHeight * 3];
    int row = toWidth * 3;
    for (int y = 0; y < toHeight; y++) {
      Weights weights = Weights.of(y, height, toHeight);
      weights.apply(wide, weights.first * row, row, resized, y * row, row);
    }
    return resized;
  }

  /** What one output position takes from the inputs {@code first}, {@code first + 1} and on. */
  private record Weights(int first, int[] fixed) {
    static Weights of(int position, int size, int toSize) {
      double scale = (double) size / toSize;
      double widened = Math.max(scale, 1);
      double center = (position + 0.5) * scale;
      int first = Math.max(0, (int) (center - LOBES * widened + 0.5));
      int end = Math.min(size, (int) (center + LOBES * widened + 0.5));
      double[] weights = new double[end - first];
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = lanczos((first + i - center + 0.5) / widened);
        sum += weights[i];
      }
      int[] fixed = new int[weights.length];
      for (int i = 0; i < fixed.length; i++) {
        double weight = weights[i] / sum * (1 << FRACTION_BITS);
        fixed[i] = (int) (weight + Math.copySign(0.5, weight));
      }
      return new Weights(first, fixed);
    }

    /** Weighs {@code count} neighbouring bytes, each with those that lie {@code step} apart. */
    void apply(byte[] in, int from, int step, byte[] out, int to, int count) {
      for (int c = 0; c < count; c++) {
        int sum = 1 << (FRACTION_BITS - 1);
        for (int i = 0; i < fixed.length; i++) {
          sum += (in[from + c + i * step] & 255) * fixed[i];
        }
        out[to + c] = (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
      }
    }

    private static double lanczos(double x) {
      return Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
    }

    private static double sinc(double x) {
      return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
  }
}
