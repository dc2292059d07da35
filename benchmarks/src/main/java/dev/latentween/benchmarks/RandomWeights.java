package dev.latentween.benchmarks;

import dev.latentween.model.DType;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.TensorInventory;
import dev.latentween.model.WeightTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Weights of a model's true shapes, held by LibTorch and seen by both sides. */
final class RandomWeights {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, long[]> shapes;

  RandomWeights(ModelConfig config) {
    torch.manual_seed(1);
    shapes = TensorInventory.of(config).shapes();
    shapes.forEach((name, shape) -> tensors.put(name, draw(name, shape)));
  }

  /** Uniform, with a variance of 1/fan-in, so that activations neither grow nor vanish. */
  private static Tensor draw(String name, long[] shape) {
    long fanIn = 1;
    for (int d = 1; d < shape.length; d++) {
      fanIn *= shape[d];
    }
    boolean vector = shape.length == 1;
    double reach = vector ? 0.1 : Math.sqrt(3.0 / fanIn);
    double middle = vector && name.endsWith("weight") ? 1 : 0; // a norm's gain
    return uniform(middle - reach, middle + reach, shape);
  }

  /** A float32 tensor of uniform random values. */
  static Tensor uniform(double low, double high, long... shape) {
    try (Scalar range = new Scalar(high - low);
        Scalar shift = new Scalar(low)) {
      Tensor tensor = torch.rand(shape);
      tensor.mul_(range);
      tensor.add_(shift);
      return tensor;
    }
  }

  Map<String, Tensor> tensors() {
    return tensors;
  }

  /** The same memory, as the engine takes it. */
  List<WeightTensor> views() {
    List<WeightTensor> views = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> {
          BytePointer data = new BytePointer(tensor.data_ptr());
          data.capacity(tensor.numel() * Float.BYTES);
          views.add(new WeightTensor(name, DType.F32, shapes.get(name), data.asByteBuffer()));
        });
    return views;
  }
}
