package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.latentween.model.SyntheticModel;
import dev.latentween.model.TensorInventory;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UNetCostTest {
  private static final UNetCost COST = UNetCost.of(SyntheticModel.CONFIG.unet(), 64, 64, 77);

  /** The walk meets every weight that the loop uses, and each once. */
  @Test
  void weightsAreThoseOfTheCheckpoint() {
    long expected =
        TensorInventory.of(SyntheticModel.CONFIG).shapes().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("unet.") && entry.getValue().length > 1)
            .filter(entry -> !entry.getKey().contains(".time_emb"))
            .filter(entry -> !entry.getKey().contains("time_embedding"))
            .filter(entry -> !entry.getKey().matches(".*attn2\\.to_[kv]\\.weight"))
            .map(Map.Entry::getValue)
            .mapToLong(shape -> Arrays.stream(shape).reduce(1, (a, b) -> a * b))
            .sum();
    assertThat(COST.bytes(0, 1)).isEqualTo(expected);
  }

  /** What profilers of diffusers' UNet count at 64x64: 0.80e12. */
  @Test
  void operationsAreThoseThatProfilersCount() {
    assertThat(COST.flops()).isCloseTo(0.80e12, withinPercentage(1));
  }

  @Test
  void weightsAreReadOnceForAllSamples() {
    double two = COST.bytes(2, 2);
    double weights = COST.bytes(0, 2);
    assertThat(COST.bytes(4, 2) - weights).isCloseTo(2 * (two - weights), withinPercentage(1e-6));
  }
}
