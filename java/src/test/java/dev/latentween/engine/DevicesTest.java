package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DevicesTest {
  @Test
  void thereAreGpusOrAReasonAndAdvice() {
    Devices devices = Devices.find();

    if (devices.gpus().isEmpty()) {
      assertThat(devices.whyNone()).contains(": ");
    } else {
      assertThat(devices.whyNone()).isEmpty();
    }
    for (DeviceInfo gpu : devices.gpus()) {
      assertThat(gpu.name()).isNotBlank();
      assertThat(gpu.device()).isEqualTo("cuda:" + gpu.ordinal());
      assertThat(gpu.totalBytes()).isGreaterThan(1 << 30);
      assertThat(gpu.usable()).isEqualTo(gpu.capability() >= 80);
    }
  }
}
