package dev.latentween.engine;

import dev.latentween.model.Checkpoint;

/** The reference checkpoint loaded on the CPU. */
final class TinyEngine implements AutoCloseable {
  private final Engine engine = Engine.open("cpu", 0);
  final Model model;
  final ModelParts parts;

  TinyEngine() {
    try (Checkpoint checkpoint = Checkpoint.open(Golden.TINY_MODEL, null)) {
      model = Model.load(engine, checkpoint);
    }
    parts = new ModelParts(model);
  }

  @Override
  public void close() {
    model.close();
    engine.close();
  }
}
