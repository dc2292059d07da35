package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_model;
import dev.latentween.engine.internal.ltw_model_config;
import dev.latentween.engine.internal.ltw_tensor;
import dev.latentween.model.Checkpoint;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.WeightTensor;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** A checkpoint's networks, packed for an engine. */
public final class Model implements AutoCloseable {
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
