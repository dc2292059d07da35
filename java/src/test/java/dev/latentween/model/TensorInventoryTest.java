package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TensorInventoryTest {
  @Test
  void sd15HasThePublishedNumberOfParameters() {
    TensorInventory inventory = TensorInventory.of(SyntheticModel.CONFIG);

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
