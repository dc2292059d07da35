package dev.latentween.benchmarks;

import static dev.latentween.benchmarks.Torch.scoped;

import dev.latentween.model.VaeConfig;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The decoder of diffusers' AutoencoderKL in calls of LibTorch. */
final class TorchVaeDecoder {
  private static final double EPS = 1e-6;

  private final Torch torchOps;
  private final VaeConfig config;

  TorchVaeDecoder(Torch torchOps, VaeConfig config) {
    this.torchOps = torchOps;
    this.config = config;
  }

  /** Latent [n, latent, h, w] to image [n, 3, 8h, 8w]. */
  Tensor forward(Tensor z) {
    return scoped(
        () -> {
          Tensor h = torchOps.conv(torchOps.image(z), "vae.post_quant_conv");
          h = middle(torchOps.conv(h, "vae.decoder.conv_in"), "vae.decoder.mid_block.");
          for (int i = 0; i < config.blockOutChannels().length; i++) {
            h = level(h, i);
          }
          Tensor last = h;
          return scoped(
              () ->
                  torchOps.conv(
                      torch.silu(norm(last, "vae.decoder.conv_norm_out")), "vae.decoder.conv_out"));
        });
  }

  private Tensor level(Tensor x, int i) {
    String block = "vae.decoder.up_blocks." + i + ".";
    return scoped(
        () -> {
          Tensor h = x;
          for (int j = 0; j <= config.layersPerBlock(); j++) {
            h = resnet(h, block + "resnets." + j);
          }
          return i == config.blockOutChannels().length - 1
              ? h
              : torchOps.conv(Torch.upsample(h), block + "upsamplers.0.conv");
        });
  }

  private Tensor middle(Tensor x, String at) {
    Tensor h = resnet(x, at + "resnets.0");
    return resnet(scoped(() -> h.add(attention(h, at + "attentions.0"))), at + "resnets.1");
  }

  private Tensor attention(Tensor x, String at) {
    Tensor tokens = Torch.tokens(norm(x, at + ".group_norm"));
    Tensor q = torchOps.linear(tokens, at + ".to_q");
    Tensor k = torchOps.linear(tokens, at + ".to_k");
    Tensor v = torchOps.linear(tokens, at + ".to_v");
    return Torch.pixels(torchOps.linear(Torch.attention(q, k, v, 1, false), at + ".to_out.0"), x);
  }

  private Tensor norm(Tensor x, String at) {
    return torchOps.groupNorm(x, at, config.normGroups(), EPS);
  }

  private Tensor resnet(Tensor x, String at) {
    return torchOps.resnet(x, at, null, config.normGroups(), EPS);
  }
}
