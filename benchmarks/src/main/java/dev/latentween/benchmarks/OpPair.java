package dev.latentween.benchmarks;

import dev.latentween.benchmarks.NativeOps.ltw_op;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** An op with the same weights and inputs in the core and in LibTorch. */
final class OpPair extends Pair {
  private static final String DEVICE = Target.device();
  private static final int THREADS = Target.THREADS;
  private static final int BATCH = Target.CUDA ? 8 : 2;
  private static final int SIDE = Target.LATENT;
  private static final int TOKENS = SIDE * SIDE;
  private static final double EPS = 1e-5;

  private ltw_op op;
  private float[] result;
  private Supplier<Tensor> libTorch;

  private OpPair() {
    torch.manual_seed(1);
  }

  static OpPair of(String what, int channels, int heads, int groups) {
    OpPair pair = new OpPair();
    switch (what) {
      case "conv2d" -> pair.conv2d(channels);
      case "linear" -> pair.linear(channels, 8 * channels);
      case "attention" -> pair.attention(channels, heads);
      case "groupNorm" -> pair.groupNorm(channels, groups);
      default -> throw new IllegalArgumentException(what);
    }
    return pair;
  }

  private void made(ltw_op made, int results) {
    if (made == null) {
      throw new IllegalStateException(NativeOps.ltw_ops_error().getString());
    }
    op = made;
    result = new float[results];
  }

  private void conv2d(int channels) {
    Tensor x = image(channels);
    Tensor weight = RandomWeights.uniform(-0.03, 0.03, channels, channels, 3, 3);
    Tensor bias = RandomWeights.uniform(-1, 1, channels);
    made(
        NativeOps.ltw_op_conv2d(
            DEVICE,
            THREADS,
            BATCH,
            SIDE,
            SIDE,
            channels,
            channels,
            pixels(x),
            values(weight),
            values(bias)),
        BATCH * TOKENS * channels);
    Tensor image = Target.put(x);
    Tensor laidOut = layout(Target.put(weight));
    TensorOptional optionalBias = new TensorOptional(Target.put(bias));
    long[] one = {1, 1};
    libTorch =
        () ->
            Torch.scoped(() -> rows(torch.conv2d(image, laidOut, optionalBias, one, one, one, 1)));
  }

  /** The widest of a transformer block: into the feed-forward layers. */
  private void linear(int in, int out) {
    Tensor x = RandomWeights.uniform(-2, 2, BATCH * TOKENS, in);
    Tensor weight = RandomWeights.uniform(-0.1, 0.1, out, in);
    Tensor bias = RandomWeights.uniform(-1, 1, out);
    made(
        NativeOps.ltw_op_linear(
            DEVICE, THREADS, BATCH * TOKENS, in, out, values(x), values(weight), values(bias)),
        BATCH * TOKENS * out);
    Tensor states = Target.put(x);
    Tensor matrix = Target.put(weight);
    TensorOptional optionalBias = new TensorOptional(Target.put(bias));
    libTorch = () -> torch.linear(states, matrix, optionalBias);
  }

  private void attention(int channels, int heads) {
    Tensor q = RandomWeights.uniform(-2, 2, BATCH, TOKENS, channels);
    Tensor k = RandomWeights.uniform(-2, 2, BATCH, TOKENS, channels);
    Tensor v = RandomWeights.uniform(-2, 2, BATCH, TOKENS, channels);
    made(
        NativeOps.ltw_op_attention(
            DEVICE, THREADS, BATCH, TOKENS, TOKENS, channels, heads, values(q), values(k),
            values(v)),
        BATCH * TOKENS * channels);
    Tensor queries = Target.put(q);
    Tensor keys = Target.put(k);
    Tensor values = Target.put(v);
    libTorch = () -> Torch.scoped(() -> Torch.attention(queries, keys, values, heads, false));
  }

  /** With the SiLU that follows it. */
  private void groupNorm(int channels, int groups) {
    Tensor x = image(channels);
    Tensor gamma = RandomWeights.uniform(0.5, 1.5, channels);
    Tensor beta = RandomWeights.uniform(-1, 1, channels);
    made(
        NativeOps.ltw_op_group_norm(
            DEVICE,
            THREADS,
            BATCH,
            SIDE,
            SIDE,
            channels,
            groups,
            EPS,
            pixels(x),
            values(gamma),
            values(beta)),
        BATCH * TOKENS * channels);
    Tensor image = Target.put(x);
    TensorOptional scale = new TensorOptional(Target.put(gamma));
    TensorOptional shift = new TensorOptional(Target.put(beta));
    libTorch =
        () ->
            Torch.scoped(
                () -> rows(torch.silu(torch.group_norm(image, groups, scale, shift, EPS, false))));
  }

  private static Tensor image(int channels) {
    return layout(RandomWeights.uniform(-2, 2, BATCH, channels, SIDE, SIDE));
  }

  private static Tensor layout(Tensor image) {
    return Boolean.getBoolean("channelsLast")
        ? image.contiguous(torch.MemoryFormat.ChannelsLast)
        : image;
  }

  /** An image seen as [n, h, w, c]; nothing is moved. */
  private static Tensor rows(Tensor image) {
    return image.permute(0, 2, 3, 1);
  }

  private static float[] pixels(Tensor image) {
    return values(rows(image));
  }

  @Override
  void runOurs() {
    NativeOps.ltw_op_run(op);
  }

  @Override
  void waitForOurs() {
    NativeOps.ltw_op_wait(op);
  }

  @Override
  float[] result() {
    NativeOps.ltw_op_result(op, result);
    return result;
  }

  @Override
  Tensor libTorch() {
    return libTorch.get();
  }

  @Override
  public void close() {
    NativeOps.ltw_op_destroy(op);
    super.close();
  }
}
