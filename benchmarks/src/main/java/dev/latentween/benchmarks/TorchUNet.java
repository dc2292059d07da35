package dev.latentween.benchmarks;

import static dev.latentween.benchmarks.Torch.scoped;

import dev.latentween.model.UNetConfig;
import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** diffusers' UNet2DConditionModel in calls of LibTorch. */
final class TorchUNet {
  private static final double LAYER_NORM_EPS = 1e-5;
  private static final double TRANSFORMER_NORM_EPS = 1e-6;

  private final Torch torchOps;
  private final UNetConfig config;
  private final Tensor frequencies;

  TorchUNet(Torch torchOps, UNetConfig config) {
    this.torchOps = torchOps;
    this.config = config;
    int half = config.blockOutChannels()[0] / 2;
    float[] values = new float[half];
    for (int i = 0; i < half; i++) {
      values[i] = (float) Math.exp(-Math.log(10000) * i / (half - config.freqShift()));
    }
    frequencies = Target.move(Tensor.create(values, 1, half));
  }

  /** x [n, in, h, w], timesteps [n, 1], context [n, tokens, width] to [n, out, h, w]. */
  Tensor forward(Tensor x, Tensor timesteps, Tensor context) {
    return scoped(() -> network(torchOps.image(x), time(timesteps), context));
  }

  /** SiLU of the time embedding: every residual block applies it, here it is shared. */
  private Tensor time(Tensor timesteps) {
    Tensor angles = timesteps.mul(frequencies);
    Tensor features = Target.round(torch.cat(new TensorVector(angles.cos(), angles.sin()), 1));
    Tensor hidden = torch.silu(torchOps.linear(features, "unet.time_embedding.linear_1"));
    return torch.silu(torchOps.linear(hidden, "unet.time_embedding.linear_2"));
  }

  private Tensor network(Tensor x, Tensor time, Tensor context) {
    int blocks = config.blockOutChannels().length;
    Deque<Tensor> skips = new ArrayDeque<>();
    Tensor h = torchOps.conv(x, "unet.conv_in");
    skips.push(h);
    for (int i = 0; i < blocks; i++) {
      String block = "unet.down_blocks." + i + ".";
      for (int j = 0; j < config.layersPerBlock(); j++) {
        h = unit(h, block, j, time, config.downAttention()[i] ? context : null, i);
        skips.push(h);
      }
      if (i < blocks - 1) {
        h = torchOps.conv(h, block + "downsamplers.0.conv", 2);
        skips.push(h);
      }
    }
    h = unit(h, "unet.mid_block.", 0, time, context, blocks - 1);
    h = unit(h, "unet.mid_block.", 1, time, null, blocks - 1);
    for (int i = 0; i < blocks; i++) {
      h = upBlock(h, i, skips, time, context);
    }
    h = torchOps.groupNorm(h, "unet.conv_norm_out", config.normGroups(), config.normEps());
    return torchOps.conv(torch.silu(h), "unet.conv_out");
  }

  private Tensor upBlock(Tensor x, int i, Deque<Tensor> skips, Tensor time, Tensor context) {
    String block = "unet.up_blocks." + i + ".";
    int level = config.blockOutChannels().length - 1 - i;
    Tensor h = x;
    for (int j = 0; j <= config.layersPerBlock(); j++) {
      Tensor in = h;
      int at = j;
      Tensor states = config.upAttention()[i] ? context : null;
      h = scoped(() -> unit(Torch.joined(in, skips.pop()), block, at, time, states, level));
    }
    Tensor last = h;
    return level == 0
        ? last
        : scoped(() -> torchOps.conv(Torch.upsample(last), block + "upsamplers.0.conv"));
  }

  /** A residual block, and a transformer block if there is a context. */
  private Tensor unit(Tensor x, String block, int j, Tensor time, Tensor context, int level) {
    String resnet = block + "resnets." + j;
    return scoped(
        () -> {
          Tensor h = torchOps.resnet(x, resnet, time, config.normGroups(), config.normEps());
          return context == null
              ? h
              : transformer(h, block + "attentions." + j, context, config.heads()[level]);
        });
  }

  private Tensor transformer(Tensor x, String at, Tensor context, long heads) {
    String block = at + ".transformer_blocks.0.";
    Tensor h =
        scoped(
            () -> {
              Tensor norm =
                  torchOps.groupNorm(x, at + ".norm", config.normGroups(), TRANSFORMER_NORM_EPS);
              return Torch.tokens(torchOps.conv(norm, at + ".proj_in"));
            });
    Tensor afterSelf = scoped(() -> h.add(attention(h, block, "1", null, heads)));
    Tensor afterCross =
        scoped(() -> afterSelf.add(attention(afterSelf, block, "2", context, heads)));
    Tensor afterFeed = scoped(() -> afterCross.add(feedForward(afterCross, block)));
    return torchOps.conv(Torch.pixels(afterFeed, x), at + ".proj_out").add(x);
  }

  private Tensor attention(Tensor x, String block, String which, Tensor context, long heads) {
    String at = block + "attn" + which;
    Tensor norm = torchOps.layerNorm(x, block + "norm" + which, LAYER_NORM_EPS);
    Tensor source = context == null ? norm : context;
    Tensor q = torchOps.linear(norm, at + ".to_q");
    Tensor k = torchOps.linear(source, at + ".to_k");
    Tensor v = torchOps.linear(source, at + ".to_v");
    return torchOps.linear(Torch.attention(q, k, v, heads, false), at + ".to_out.0");
  }

  private Tensor feedForward(Tensor x, String block) {
    Tensor norm = torchOps.layerNorm(x, block + "norm3", LAYER_NORM_EPS);
    TensorVector halves = torch.chunk(torchOps.linear(norm, block + "ff.net.0.proj"), 2, -1);
    Tensor gated = halves.get(0).mul(torch.gelu(halves.get(1)));
    return torchOps.linear(gated, block + "ff.net.2");
  }
}
