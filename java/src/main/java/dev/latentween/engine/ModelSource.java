package dev.latentween.engine;

import dev.latentween.model.Checkpoint;
import dev.latentween.model.ModelConfig;
import dev.latentween.model.SyntheticModel;
import dev.latentween.settings.UserError;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Where a model comes from: a file, or random weights in its place.
 *
 * @param name as saved settings name it
 * @param identity of its weights, as a file name
 * @param tokenIds from a prompt to the text encoder's input
 * @param dropped how many of a prompt's tokens that input has no room for
 * @param load onto an engine; from several threads, too
 * @param closing lets go of the file
 */
public record ModelSource(
    String name,
    Supplier<String> identity,
    boolean synthetic,
    ModelConfig config,
    Function<String, int[]> tokenIds,
    ToIntFunction<String> dropped,
    Function<Engine, Model> load,
    Runnable closing)
    implements AutoCloseable {
  /** Of the random weights. */
  public static final long SEED = 1;

  private static final String SYNTHETIC = "synthetic:";

  /**
   * Opens a checkpoint, or takes random weights.
   *
   * @param model a diffusers folder, a .safetensors file or {@link SyntheticModel#SD15}
   * @param tokenizer folder with vocab.json and merges.txt; null to look beside the model
   * @throws UserError if there is no such model
   */
  public static ModelSource open(Path model, Path tokenizer) {
    if (model.toString().startsWith(SYNTHETIC)) {
      if (!model.toString().equals(SyntheticModel.SD15)) {
        throw new UserError(
            "--model is " + model + "; the only synthetic one is " + SyntheticModel.SD15);
      }
      return new ModelSource(
          SyntheticModel.SD15,
          () -> SyntheticModel.identity(SEED),
          true,
          SyntheticModel.CONFIG,
          SyntheticModel::tokenIds,
          prompt -> 0,
          engine -> Model.random(engine, SyntheticModel.CONFIG, SEED),
          () -> {});
    }
    Checkpoint checkpoint = Checkpoint.open(model, tokenizer);
    return new ModelSource(
        checkpoint.name(),
        checkpoint::identity,
        false,
        checkpoint.config(),
        checkpoint.tokenizer()::encode,
        prompt -> checkpoint.tokenizer().tokenize(prompt).dropped(),
        engine -> Model.load(engine, checkpoint),
        checkpoint::close);
  }

  @Override
  public void close() {
    closing.run();
  }
}
