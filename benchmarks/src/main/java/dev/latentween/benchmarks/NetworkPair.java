package dev.latentween.benchmarks;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelParts;
import dev.latentween.model.ModelConfig;
import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A network with the same weights and inputs in the engine and in LibTorch, from the host's memory
 * and back to it.
 */
final class NetworkPair extends Pair {
  private static final int LATENT = Target.LATENT;
  private static final int TOKENS = 77;

  private final Engine engine = Engine.open(Target.device(), Target.THREADS);
  private final Model model;
  private final ModelParts parts;
  private final ModelConfig config;
  private final Torch torchOps;
  private float[] result;
  private Runnable ours;
  private Supplier<Tensor> libTorch;

  private NetworkPair(ModelConfig config) {
    this.config = config;
    RandomWeights weights = new RandomWeights(config);
    model = Model.load(engine, config, weights.views());
    parts = new ModelParts(model);
    torchOps = new Torch(weights.tensors(), Boolean.getBoolean("channelsLast"));
  }

  static NetworkPair of(String network, String size) {
    NetworkPair pair = new NetworkPair(Shapes.of(network, size));
    switch (network) {
      case "unet" -> pair.unet();
      case "vaeDecode" -> pair.vaeDecode();
      case "textEncode" -> pair.textEncode();
      default -> throw new IllegalArgumentException(network);
    }
    return pair;
  }

  /** Of a pair of latents, as guidance has it. */
  private void unet() {
    int width = config.unet().crossAttentionDim();
    Tensor x = RandomWeights.uniform(-2, 2, 2, 4, LATENT, LATENT);
    Tensor context = RandomWeights.uniform(-2, 2, 2, TOKENS, width);
    float[] timesteps = {500, 500};
    float[] xs = values(x);
    float[] contexts = values(context);
    result = new float[xs.length];
    ours = () -> parts.unet(2, LATENT, LATENT, TOKENS, xs, timesteps, contexts, result);
    TorchUNet other = new TorchUNet(torchOps, config.unet());
    Tensor times = Tensor.create(timesteps, 2, 1);
    libTorch =
        onTarget(() -> other.forward(Target.put(x), Target.move(times), Target.put(context)));
  }

  private void vaeDecode() {
    Tensor z = RandomWeights.uniform(-2, 2, 1, 4, LATENT, LATENT);
    float[] zs = values(z);
    result = new float[3 * 64 * LATENT * LATENT];
    ours = () -> parts.decodeLatent(1, LATENT, LATENT, zs, result);
    TorchVaeDecoder other = new TorchVaeDecoder(torchOps, config.vae());
    libTorch = onTarget(() -> other.forward(Target.put(z)));
  }

  /** A prompt and its negative prompt. */
  private void textEncode() {
    int[] ids = new int[2 * TOKENS];
    Arrays.setAll(ids, i -> i * 31 % config.text().vocabSize());
    result = new float[ids.length * config.text().hiddenSize()];
    ours = () -> parts.encodeText(ids, 2, 1, result);
    TorchText other = new TorchText(torchOps, config.text());
    Tensor tokens = Tensor.create(Arrays.stream(ids).asLongStream().toArray(), 2, TOKENS);
    libTorch = onTarget(() -> other.forward(Target.move(tokens)));
  }

  private static Supplier<Tensor> onTarget(Supplier<Tensor> forward) {
    return () -> Torch.scoped(() -> Target.fetch(forward.get()));
  }

  @Override
  void runOurs() {
    ours.run();
  }

  @Override
  float[] result() {
    return result;
  }

  @Override
  Tensor libTorch() {
    return libTorch.get();
  }

  @Override
  public void close() {
    model.close();
    engine.close();
    super.close();
  }
}
