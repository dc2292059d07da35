package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_fp8_input;
import dev.latentween.engine.internal.ltw_model;
import dev.latentween.engine.internal.ltw_model_config;
import dev.latentween.engine.internal.ltw_tensor;
import dev.latentween.model.Checkpoint;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.WeightTensor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** A checkpoint's networks, packed for an engine. */
public final class Model implements AutoCloseable {
  private static final int MOST_FP8_INPUTS = 1024;
  private static final int NAME_BYTES = 128; // of ltw_fp8_input

  private final Handle<ltw_model> handle;

  private Model(ltw_model pointer) {
    handle = new Handle<>(this, pointer, LatentweenC::ltw_model_destroy, "model");
  }

  /**
   * Packs the weights; the checkpoint may be closed afterwards.
   *
   * @throws IllegalArgumentException naming a tensor that is missing or has another shape
   * @throws EngineException naming a tensor with NaN or infinity, or for want of memory
   */
  public static Model load(Engine engine, Checkpoint checkpoint) {
    return load(engine, checkpoint.config(), checkpoint.tensors());
  }

  /** The same from a config and tensors of any source. */
  @SuppressWarnings("try") // the scope frees what is made inside it
  public static Model load(Engine engine, ModelConfig config, List<WeightTensor> tensors) {
    // Everything native that is made here lives as long as the call.
    try (PointerScope scope = new PointerScope()) {
      ltw_model_config nativeConfig = NativeConfig.of(config);
      ltw_tensor all = new ltw_tensor(tensors.size());
      for (int i = 0; i < tensors.size(); i++) {
        describe(tensors.get(i), all.getPointer(i));
      }
      ltw_model pointer = new ltw_model();
      Native.check(
          LatentweenC.ltw_model_create(
              engine.pointer(), nativeConfig, all, tensors.size(), pointer));
      return new Model(pointer);
    }
  }

  /**
   * A model of random weights, for measuring without a file; the seed decides them. What it renders
   * is finite and of no use.
   *
   * @throws EngineException for want of memory
   */
  public static Model random(Engine engine, ModelConfig config, long seed) {
    try (ltw_model_config nativeConfig = NativeConfig.of(config)) {
      ltw_model pointer = new ltw_model();
      Native.check(
          LatentweenC.ltw_model_create_random(engine.pointer(), nativeConfig, seed, pointer));
      return new Model(pointer);
    }
  }

  /**
   * The largest magnitudes of what fp8 rounds, by the layer that reads it; the same each time.
   *
   * @throws IllegalArgumentException if the device has no fp8
   */
  Map<String, Float> fp8Peaks() {
    try (ltw_fp8_input inputs = new ltw_fp8_input(MOST_FP8_INPUTS);
        IntPointer count = new IntPointer(1)) {
      Native.check(LatentweenC.ltw_fp8_calibrate(pointer(), inputs, MOST_FP8_INPUTS, count));
      Map<String, Float> peaks = new LinkedHashMap<>();
      for (int i = 0; i < count.get(); i++) {
        ltw_fp8_input input = inputs.getPointer(i);
        peaks.put(new BytePointer(input.name()).getString(StandardCharsets.UTF_8), input.peak());
      }
      return peaks;
    }
  }

  /**
   * Turns to fp8, before the first job.
   *
   * @throws IllegalArgumentException if the device has no fp8 or the peaks are another model's
   */
  void useFp8(Map<String, Float> peaks) {
    try (ltw_fp8_input inputs = new ltw_fp8_input(Math.max(1, peaks.size()))) {
      int i = 0;
      for (Map.Entry<String, Float> peak : peaks.entrySet()) {
        byte[] name = Arrays.copyOf(peak.getKey().getBytes(StandardCharsets.UTF_8), NAME_BYTES);
        name[NAME_BYTES - 1] = 0;
        ltw_fp8_input input = inputs.getPointer(i++);
        input.peak(peak.getValue());
        input.name().put(name);
      }
      Native.check(LatentweenC.ltw_fp8_use(pointer(), inputs, peaks.size()));
    }
  }

  private static void describe(WeightTensor tensor, ltw_tensor target) {
    BytePointer name = Native.utf8(tensor.name());
    target
        .name(name)
        .dtype(
            switch (tensor.dtype()) {
              case F32 -> LatentweenC.LTW_F32;
              case F16 -> LatentweenC.LTW_F16;
              case BF16 -> LatentweenC.LTW_BF16;
            })
        .rank(tensor.shape().length)
        .data(new Pointer(tensor.data()));
    for (int d = 0; d < tensor.shape().length; d++) {
      target.shape(d, tensor.shape()[d]);
    }
  }

  ltw_model pointer() {
    return handle.get();
  }

  @Override
  public void close() {
    handle.close();
  }
}
