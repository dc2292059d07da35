package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.model.SchedulerConfig.BetaSchedule;
import dev.latentween.model.SchedulerConfig.PredictionType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TensorInventoryTest {
  static final ModelConfig SD15 =
      new ModelConfig(
          new TextConfig(49408, 768, 3072, 12, 12, 77, 1e-5, TextConfig.Activation.QUICK_GELU),
          new UNetConfig(
              4,
              4,
              new int[] {320, 640, 1280, 1280},
              new boolean[] {true, true, true, false},
              new boolean[] {false, true, true, true},
              2,
              new int[] {8, 8, 8, 8},
              768,
              32,
              1e-5,
              false,
              true,
              0),
          new VaeConfig(3, 3, 4, new int[] {128, 256, 512, 512}, 2, 32, 0.18215),
          new SchedulerConfig(
              0.00085, 0.012, BetaSchedule.SCALED_LINEAR, 1000, PredictionType.EPSILON));

  @Test
  void sd15HasThePublishedNumberOfParameters() {
    TensorInventory inventory = TensorInventory.of(SD15);

    assertThat(inventory.parameters("unet.")).isEqualTo(859_520_964L);
    assertThat(inventory.parameters("vae.")).isEqualTo(83_653_863L);
    assertThat(inventory.parameters("text_encoder.")).isEqualTo(123_060_480L);
    assertThat(inventory.shapes().keySet().stream().filter(name -> name.startsWith("unet.")))
        .hasSize(686);
  }

  @Test
  void theReferenceModelHasExactlyTheseTensorsAndShapes() {
    Map<String, long[]> stored = new HashMap<>();
    PartWeights.readAll(TinyModel.FOLDER)
        .forEach((name, tensor) -> stored.put(name, tensor.shape()));
    stored.remove("text_encoder.text_model.embeddings.position_ids");

    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      Map<String, long[]> expected = TensorInventory.of(tiny.config()).shapes();
      assertThat(expected.keySet()).containsExactlyInAnyOrderElementsOf(stored.keySet());
      expected.forEach((name, shape) -> assertThat(stored.get(name)).as(name).isEqualTo(shape));
    }
  }
}
