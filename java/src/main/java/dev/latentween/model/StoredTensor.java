package dev.latentween.model;

import java.nio.file.Path;
import java.util.Arrays;

/** A tensor as a safetensors header describes it; {@code offset} counts from the file's start. */
record StoredTensor(Path file, String dtype, long[] shape, long offset, long bytes) {

  /** 1x1 convolutions and linear layers store the same numbers: [C, D] fits [C, D, 1, 1]. */
  boolean fits(long[] expected) {
    return Arrays.equals(withoutUnitKernel(shape), withoutUnitKernel(expected));
  }

  private static long[] withoutUnitKernel(long[] shape) {
    boolean unitKernel = shape.length == 4 && shape[2] == 1 && shape[3] == 1;
    return unitKernel ? Arrays.copyOf(shape, 2) : shape;
  }
}
