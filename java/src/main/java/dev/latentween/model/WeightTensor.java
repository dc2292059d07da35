package dev.latentween.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One weight, under its canonical name.
 *
 * @param name {@code text_encoder.}, {@code unet.} or {@code vae.} and the tensor's name in current
 *     transformers or diffusers
 * @param dtype how the elements are stored
 * @param shape PyTorch's order: convolutions [out, in, height, width], linear layers [out, in]
 * @param data the elements, row-major and little-endian: direct, read-only, mapped from the file;
 *     valid as long as it is reachable, at any address (headers need not align what follows)
 */
public record WeightTensor(String name, DType dtype, long[] shape, ByteBuffer data) {
  public WeightTensor {
    shape = shape.clone();
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** A view of its own, so that one reader's position is not another's. */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }
}
