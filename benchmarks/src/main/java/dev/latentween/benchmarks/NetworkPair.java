package dev.latentween.benchmarks;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelParts;
import dev.latentween.model.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A network with the same weights and inputs in the engine and in LibTorch. */
final class NetworkPair implements AutoCloseable {
  /** Of both sides. */
  static final int THREADS = Integer.getInteger("threads", 1);

  private static final int LATENT = 32; // 256x256 pixels
  private static final int TOKENS = 77;
  private static final double TOLERANCE = 1e-4;

  static {
    try {
      // All of LibTorch's files at once: as JavaCPP extracts them, one by one, libtorch.so would
      // find its libtorch_cpu.so in the system's folders if that has one, of another version.
      Loader.cacheResources("/org/bytedeco/pytorch/" + Loader.getPlatform() + "/");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final NoGradGuard noGrad = new NoGradGuard();
  private final Engine engine = Engine.open("cpu", THREADS);
  private final Model model;
  private final ModelParts parts;
  private final ModelConfig config;
  private final Torch torchOps;
  private float[] result;
  private Runnable ours;
  private Supplier<Tensor> libTorch;

  private NetworkPair(ModelConfig config) {
    torch.set_num_threads(THREADS);
    openblas_nolapack.blas_set_num_threads(THREADS); // LibTorch's matrix products are OpenBLAS'
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
    libTorch = () -> other.forward(x, times, context);
  }

  private void vaeDecode() {
    Tensor z = RandomWeights.uniform(-2, 2, 1, 4, LATENT, LATENT);
    float[] zs = values(z);
    result = new float[3 * 64 * LATENT * LATENT];
    ours = () -> parts.decodeLatent(1, LATENT, LATENT, zs, result);
    TorchVaeDecoder other = new TorchVaeDecoder(torchOps, config.vae());
    libTorch = () -> other.forward(z);
  }

  /** A prompt and its negative prompt. */
  private void textEncode() {
    int[] ids = new int[2 * TOKENS];
    Arrays.setAll(ids, i -> i * 31 % config.text().vocabSize());
    result = new float[ids.length * config.text().hiddenSize()];
    ours = () -> parts.encodeText(ids, 2, 1, result);
    TorchText other = new TorchText(torchOps, config.text());
    Tensor tokens = Tensor.create(Arrays.stream(ids).asLongStream().toArray(), 2, TOKENS);
    libTorch = () -> other.forward(tokens);
  }

  void runOurs() {
    ours.run();
  }

  void runLibTorch() {
    libTorch.get().close();
  }

  /**
   * Compares the two results.
   *
   * @throws IllegalStateException if they differ by more than rounding
   */
  void check() {
    runOurs();
    float[] expected = values(libTorch.get());
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(result[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double error = Math.sqrt(difference / norm);
    if (!(error <= TOLERANCE)) {
      throw new IllegalStateException(
          "the engine differs from LibTorch by " + error + ", more than " + TOLERANCE);
    }
  }

  private static float[] values(Tensor tensor) {
    Tensor dense = tensor.contiguous();
    float[] values = new float[Math.toIntExact(dense.numel())];
    try (FloatPointer data = new FloatPointer(dense.data_ptr())) {
      data.get(values);
    }
    return values;
  }

  @Override
  public void close() {
    model.close();
    engine.close();
    noGrad.close();
  }
}
