package dev.latentween.benchmarks;

import static dev.latentween.benchmarks.Torch.scoped;

import dev.latentween.model.TextConfig;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** transformers' CLIPTextModel, with its quick GELU, in calls of LibTorch. */
final class TorchText {
  private static final String AT = "text_encoder.text_model.";
  private static final Scalar QUICK = new Scalar(1.702);

  private final Torch torchOps;
  private final TextConfig config;

  TorchText(Torch torchOps, TextConfig config) {
    this.torchOps = torchOps;
    this.config = config;
  }

  /** Token ids [n, 77] to states [n, 77, hidden]. */
  Tensor forward(Tensor ids) {
    return scoped(
        () -> {
          Tensor h =
              torch
                  .embedding(torchOps.weight(AT + "embeddings.token_embedding.weight"), ids)
                  .add(torchOps.weight(AT + "embeddings.position_embedding.weight"));
          for (int i = 0; i < config.layers(); i++) {
            h = layer(h, AT + "encoder.layers." + i + ".");
          }
          return torchOps.layerNorm(h, AT + "final_layer_norm", config.layerNormEps());
        });
  }

  private Tensor layer(Tensor x, String at) {
    return scoped(
        () -> {
          Tensor norm = torchOps.layerNorm(x, at + "layer_norm1", config.layerNormEps());
          Tensor q = torchOps.linear(norm, at + "self_attn.q_proj");
          Tensor k = torchOps.linear(norm, at + "self_attn.k_proj");
          Tensor v = torchOps.linear(norm, at + "self_attn.v_proj");
          Tensor mixed = Torch.attention(q, k, v, config.heads(), true);
          Tensor h = x.add(torchOps.linear(mixed, at + "self_attn.out_proj"));
          Tensor wide =
              torchOps.linear(
                  torchOps.layerNorm(h, at + "layer_norm2", config.layerNormEps()), at + "mlp.fc1");
          Tensor active = wide.mul(wide.mul(QUICK).sigmoid());
          return h.add(torchOps.linear(active, at + "mlp.fc2"));
        });
  }
}
