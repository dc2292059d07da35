package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A Stable Diffusion 1.x model on disk, a diffusers folder or a single file in LDM names, ready to
 * be handed to the engine. Opening reads headers and JSON and maps the weights; their pages are
 * read when somebody looks at them.
 */
public final class Checkpoint implements AutoCloseable {
  private final String name;
  private final ModelConfig config;
  private final Tokenizer tokenizer;
  private List<WeightTensor> tensors;

  private Checkpoint(
      String name, ModelConfig config, Tokenizer tokenizer, List<WeightTensor> tensors) {
    this.name = name;
    this.config = config;
    this.tokenizer = tokenizer;
    this.tensors = tensors;
  }

  /**
   * Opens a model.
   *
   * @param model a diffusers folder or a .safetensors file
   * @param tokenizerDirOrNull the folder with vocab.json and merges.txt; null to look beside the
   *     model
   * @throws UserError with one line on what is missing, wrong or not supported
   */
  public static Checkpoint open(Path model, Path tokenizerDirOrNull) {
    Companions companions = new Companions(model, tokenizerDirOrNull);
    ModelFiles files = ModelFiles.read(model, companions);
    ModelConfig config = files.config();
    TensorInventory inventory = TensorInventory.of(config);
    Match match = Match.of(files, config, inventory);
    match.check(files, inventory);
    Tokenizer tokenizer = Tokenizer.load(companions.tokenizer(), config.text());
    return new Checkpoint(nameOf(model), config, tokenizer, map(match.found(), inventory));
  }

  private static List<WeightTensor> map(
      Map<String, StoredTensor> found, TensorInventory inventory) {
    List<WeightTensor> tensors = new ArrayList<>(found.size());
    Map<Path, FileChannel> channels = new HashMap<>();
    try {
      for (Map.Entry<String, StoredTensor> entry : found.entrySet()) {
        StoredTensor stored = entry.getValue();
        FileChannel channel = channels.get(stored.file());
        if (channel == null) {
          channel = FileChannel.open(stored.file());
          channels.put(stored.file(), channel);
        }
        // One map a tensor: files may exceed the 2 GiB that a buffer can span, tensors do not.
        tensors.add(
            new WeightTensor(
                entry.getKey(),
                DType.valueOf(stored.dtype()),
                inventory.shapes().get(entry.getKey()),
                channel.map(FileChannel.MapMode.READ_ONLY, stored.offset(), stored.bytes())));
      }
      return List.copyOf(tensors);
    } catch (IOException e) {
      throw new UserError("cannot map the model's weights: " + OneLine.of(e));
    } finally {
      channels.values().forEach(Checkpoint::closeQuietly);
    }
  }

  /** A map outlives its channel, and there is nothing to flush. */
  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written.
    }
  }

  /** The name of the model at a path: the folder's, or the file's without its extension. */
  public static String nameOf(Path model) {
    return Companions.stem(model);
  }

  /** See {@link #nameOf}. */
  public String name() {
    return name;
  }

  public ModelConfig config() {
    return config;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Every weight of {@link TensorInventory}, in its order.
   *
   * @throws IllegalStateException if closed
   */
  public List<WeightTensor> tensors() {
    if (tensors == null) {
      throw new IllegalStateException("the checkpoint is closed");
    }
    return tensors;
  }

  /**
   * Of what decides the UNet's activations, for names of files about them: the tensors' names,
   * types, shapes and checksums.
   */
  public String identity() {
    StringBuilder all = new StringBuilder();
    for (WeightTensor tensor : tensors()) {
      if (!tensor.name().startsWith("vae.")) {
        CRC32C sum = new CRC32C();
        sum.update(tensor.data().duplicate());
        all.append(tensor.name()).append(' ').append(tensor.dtype()).append(' ');
        all.append(Arrays.toString(tensor.shape())).append(' ').append(sum.getValue()).append('\n');
      }
    }
    UUID digest = UUID.nameUUIDFromBytes(all.toString().getBytes(StandardCharsets.UTF_8));
    return name.replaceAll("[^A-Za-z0-9._-]", "_") + "-" + digest;
  }

  /** Lets go of the maps; the system takes them back when no buffer on them is reachable. */
  @Override
  public void close() {
    tensors = null;
  }
}
