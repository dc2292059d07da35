package dev.latentween.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Layers as LibTorch computes them eagerly, by the names of their weights. */
final class Torch {
  private static final TensorOptional NONE = new TensorOptional();
  private static final DoubleOptional DEFAULT_SCALE = new DoubleOptional();

  private final Map<String, Tensor> weights;
  private final Map<String, TensorOptional> optional = new HashMap<>();
  private final boolean channelsLast;

  /**
   * @param channelsLast whether images and the weights of convolutions are laid out that way
   */
  Torch(Map<String, Tensor> tensors, boolean channelsLast) {
    this.channelsLast = channelsLast;
    weights = new HashMap<>(tensors);
    weights.replaceAll((name, tensor) -> Target.put(tensor));
    weights.replaceAll((name, tensor) -> tensor.dim() == 4 ? image(tensor) : tensor);
    weights.forEach((name, tensor) -> optional.put(name, new TensorOptional(tensor)));
  }

  /** An image in the layout that is measured. */
  Tensor image(Tensor x) {
    return channelsLast ? x.contiguous(torch.MemoryFormat.ChannelsLast) : x;
  }

  /**
   * Runs part of a network and frees what it leaves but its result, as Python would. Without this
   * every result of a network would be held to its end, and each would be of memory never touched
   * before.
   */
  @SuppressWarnings("try") // the scope frees what is made inside it
  static Tensor scoped(Supplier<Tensor> body) {
    PointerScope outer = PointerScope.getInnerScope();
    try (PointerScope inner = new PointerScope()) {
      Tensor result = body.get();
      if (outer != null) {
        outer.attach(result);
      } else {
        result.retainReference(); // the caller closes it
      }
      return result;
    }
  }

  Tensor weight(String name) {
    return weights.get(name);
  }

  Tensor conv(Tensor x, String at) {
    return conv(x, at, 1);
  }

  /** 3x3 with a padding of 1, or 1x1. */
  Tensor conv(Tensor x, String at, long stride) {
    Tensor weight = weights.get(at + ".weight");
    long padding = weight.size(2) / 2;
    return torch.conv2d(
        x,
        weight,
        optional.get(at + ".bias"),
        new long[] {stride, stride},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  Tensor groupNorm(Tensor x, String at, long groups, double eps) {
    return torch.group_norm(
        x, groups, optional.get(at + ".weight"), optional.get(at + ".bias"), eps, false);
  }

  Tensor layerNorm(Tensor x, String at, double eps) {
    long[] shape = {x.size(-1)};
    return torch.layer_norm(
        x, shape, optional.get(at + ".weight"), optional.get(at + ".bias"), eps, false);
  }

  Tensor linear(Tensor x, String at) {
    return torch.linear(x, weights.get(at + ".weight"), optional.getOrDefault(at + ".bias", NONE));
  }

  /** Of [batch, tokens, heads * size] each. */
  static Tensor attention(Tensor q, Tensor k, Tensor v, long heads, boolean causal) {
    Tensor mixed =
        torch.scaled_dot_product_attention(
            split(q, heads),
            split(k, heads),
            split(v, heads),
            NONE,
            0,
            causal,
            DEFAULT_SCALE,
            false);
    return mixed.transpose(1, 2).reshape(q.size(0), q.size(1), q.size(2));
  }

  private static Tensor split(Tensor x, long heads) {
    return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }

  static Tensor upsample(Tensor x) {
    return torch.upsample_nearest2d(x, new long[] {2 * x.size(2), 2 * x.size(3)});
  }

  static Tensor joined(Tensor a, Tensor b) {
    return torch.cat(new TensorVector(a, b), 1);
  }

  /** [batch, channels, height, width] to [batch, height * width, channels]. */
  static Tensor tokens(Tensor x) {
    return x.permute(0, 2, 3, 1).reshape(x.size(0), x.size(2) * x.size(3), x.size(1));
  }

  /** The way back, to the size of {@code like}. */
  static Tensor pixels(Tensor tokens, Tensor like) {
    return tokens.view(like.size(0), like.size(2), like.size(3), like.size(1)).permute(0, 3, 1, 2);
  }

  /**
   * The residual block of UNet and VAE.
   *
   * @param time SiLU of the time embedding; null for none
   */
  Tensor resnet(Tensor x, String at, Tensor time, long groups, double eps) {
    return scoped(
        () -> {
          Tensor h =
              scoped(
                  () -> {
                    Tensor first =
                        conv(torch.silu(groupNorm(x, at + ".norm1", groups, eps)), at + ".conv1");
                    return time == null
                        ? first
                        : first.add(linear(time, at + ".time_emb_proj").unsqueeze(2).unsqueeze(3));
                  });
          h = conv(torch.silu(groupNorm(h, at + ".norm2", groups, eps)), at + ".conv2");
          String shortcut = at + ".conv_shortcut";
          return h.add(weights.containsKey(shortcut + ".weight") ? conv(x, shortcut) : x);
        });
  }
}
