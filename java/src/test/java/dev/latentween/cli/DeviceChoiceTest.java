package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import dev.latentween.settings.UserError;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceChoiceTest {
  private static final DeviceInfo OLD = gpu(0, "V100", 70, 80, 0, "too old: use another");
  private static final DeviceInfo SMALL = gpu(1, "A10", 86, 72, 20, "");
  private static final DeviceInfo BUSY = gpu(2, "H100", 90, 132, 5, "");
  private static final DeviceInfo FREE = gpu(3, "H100", 90, 132, 79, "");

  private static DeviceInfo gpu(
      int ordinal, String name, int capability, int cores, long free, String problem) {
    return new DeviceInfo(ordinal, name, "", capability, cores, 80, free, problem);
  }

  private static DeviceChoice.Chosen choose(String option, DeviceInfo... gpus) {
    String none = gpus.length == 0 ? "no driver: install it" : "";
    return new DeviceChoice(option).among(() -> new Devices(List.of(gpus), none));
  }

  @Test
  void theBestThatCanBeUsedIsTheDefault() {
    DeviceChoice.Chosen chosen = choose(null, OLD, SMALL, BUSY, FREE);
    assertThat(chosen.names()).containsExactly("cuda:3");
    assertThat(chosen.note()).isEqualTo("rendering on cuda:3, H100");
    assertThat(choose("cuda", OLD, SMALL).names()).containsExactly("cuda:1");
    assertThat(choose("cuda", FREE, gpu(4, "GH200", 90, 144, 20, "")).names())
        .as("the larger one before the idle one")
        .containsExactly("cuda:4");
    assertThat(choose("cuda", FREE, gpu(4, "H100", 90, 132, 79, "")).names())
        .containsExactly("cuda:3");
  }

  @Test
  void theCpuIsTheDefaultWithoutAndSaysWhy() {
    assertThat(choose(null).names()).containsExactly("cpu");
    assertThat(choose(null).note()).isEqualTo("rendering on the CPU; no driver: install it");
    assertThat(choose(null, OLD).names()).containsExactly("cpu");
    assertThat(choose(null, OLD).note())
        .isEqualTo("rendering on the CPU; cuda:0, V100: too old: use another");
  }

  @Test
  void severalShareTheFrames() {
    assertThat(choose("cuda:all", OLD, SMALL, FREE).names()).containsExactly("cuda:1", "cuda:3");
    assertThat(choose("cuda:all", OLD, SMALL, FREE).note())
        .isEqualTo("not on cuda:0, V100: too old: use another");
    assertThat(choose("cuda:all", SMALL, FREE).note()).isEmpty();
    assertThat(choose("cuda:3,cuda:1,cpu").names()).containsExactly("cuda:3", "cuda:1", "cpu");
    assertThat(choose("cpu,cpu").names()).containsExactly("cpu", "cpu");
    assertThat(choose("cpu,cpu").note()).isEmpty();
  }

  @Test
  void gpusThatCannotBeUsedAreNoDevices() {
    assertThatThrownBy(() -> choose("cuda", OLD))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.exitCode()).isEqualTo(4))
        .hasMessage("--device is cuda; cuda:0, V100: too old: use another");
    assertThatThrownBy(() -> choose("cuda:all"))
        .hasMessage("--device is cuda:all; no driver: install it");
  }
}
