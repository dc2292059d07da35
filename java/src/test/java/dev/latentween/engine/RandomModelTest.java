package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.model.Checkpoint;
import dev.latentween.model.ModelConfig;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RandomModelTest {
  @Test
  void theSeedDecidesTheWeights() {
    float[] first = decoded(1);

    for (float value : first) {
      assertThat(value).isFinite();
    }
    assertThat(decoded(1)).isEqualTo(first);
    assertThat(decoded(2)).isNotEqualTo(first);
  }

  /** A latent of ones through the decoder of a random model. */
  private static float[] decoded(long seed) {
    ModelConfig config;
    try (Checkpoint checkpoint = Checkpoint.open(Golden.TINY_MODEL, null)) {
      config = checkpoint.config();
    }
    float[] z = new float[config.vae().latentChannels() * 4 * 4];
    Arrays.fill(z, 1);
    float[] image = new float[3 * 32 * 32];
    try (Engine engine = Engine.open("cpu", 0);
        Model model = Model.random(engine, config, seed)) {
      new ModelParts(model).decodeLatent(1, 4, 4, z, image);
    }
    return image;
  }
}
