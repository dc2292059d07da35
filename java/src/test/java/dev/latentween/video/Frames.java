package dev.latentween.video;

import java.nio.ByteBuffer;
import java.util.Random;

/** Pixels to write: noise, which compresses to its own size, the worst there is. */
final class Frames {
  private Frames() {}

  static ByteBuffer noise(FrameFiles files, int index) {
    byte[] pixels = new byte[files.frameBytes()];
    new Random(index).nextBytes(pixels);
    return ByteBuffer.allocateDirect(pixels.length).put(pixels).flip();
  }

  static byte[] bytes(ByteBuffer pixels) {
    byte[] bytes = new byte[pixels.remaining()];
    pixels.duplicate().get(bytes);
    return bytes;
  }
}
