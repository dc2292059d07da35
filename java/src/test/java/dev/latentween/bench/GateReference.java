package dev.latentween.bench;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelSource;
import dev.latentween.model.SyntheticModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Computes what PictureGate keeps, on the CPU, and writes it to the given file: to be run anew when
 * the random weights become others. The CPU's networks are compared with LibTorch's of the same
 * shapes by the benchmarks module.
 */
final class GateReference {
  private GateReference() {}

  public static void main(String[] args) throws IOException {
    try (Engine engine = Engine.open("cpu", 0);
        Model model = Model.random(engine, SyntheticModel.CONFIG, ModelSource.SEED)) {
      PictureGate.Results results = PictureGate.Results.of(model, SyntheticModel.CONFIG);
      ByteBuffer bytes =
          ByteBuffer.allocate(Float.BYTES * (results.noise().length + results.picture().length))
              .order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(results.noise()).put(results.picture());
      Files.write(Path.of(args[0]), bytes.array());
    }
  }
}
