package dev.latentween.cli;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.model.Checkpoint;
import dev.latentween.model.SyntheticModel;
import dev.latentween.settings.UserError;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Where a render's model comes from.
 *
 * @param name as saved settings name it
 * @param identity of its weights, as a file name
 * @param tokenIds from a prompt to the text encoder's input
 * @param load onto an engine; from several threads, too
 * @param closing lets go of the file
 */
record ModelSource(
    String name,
    Supplier<String> identity,
    Function<String, int[]> tokenIds,
    Function<Engine, Model> load,
    Runnable closing)
    implements AutoCloseable {
  private static final String SYNTHETIC = "synthetic:";
  private static final long SEED = 1;

  /**
   * Opens a checkpoint, or takes random weights.
   *
   * @param tokenizer folder with vocab.json and merges.txt; null to look beside the model
   */
  static ModelSource open(Path model, Path tokenizer) {
    if (model.toString().startsWith(SYNTHETIC)) {
      if (!model.toString().equals(SyntheticModel.SD15)) {
        throw new UserError(
            "--model is " + model + "; the only synthetic one is " + SyntheticModel.SD15);
      }
      return new ModelSource(
          SyntheticModel.SD15,
          () -> SyntheticModel.identity(SEED),
          SyntheticModel::tokenIds,
          engine -> Model.random(engine, SyntheticModel.CONFIG, SEED),
          () -> {});
    }
    Checkpoint checkpoint = Checkpoint.open(model, tokenizer);
    return new ModelSource(
        checkpoint.name(),
        checkpoint::identity,
        checkpoint.tokenizer()::encode,
        engine -> Model.load(engine, checkpoint),
        checkpoint::close);
  }

  @Override
  public void close() {
    closing.run();
  }
}
