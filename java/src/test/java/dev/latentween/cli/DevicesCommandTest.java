package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesCommandTest {
  private static final DeviceInfo OLD =
      new DeviceInfo(0, "V100", "0:1", 70, 80, 16L << 30, 0, "too old: use another");
  private static final DeviceInfo GOOD =
      new DeviceInfo(1, "H100", "0:2", 90, 132, 80L << 30, 79L << 30, "");
  private static final Devices BOTH = new Devices(List.of(OLD, GOOD), "");

  @Test
  void whatIsHereIsListed() {
    Cli cli = Cli.run("devices");
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out())
        .containsPattern(
            "(?m)^[ *] cpu +\\S.*, \\d+ threads; float32; [0-9.]+ of [0-9.]+ GiB free;");
    Devices devices = Devices.find();
    if (devices.gpus().isEmpty()) {
      assertThat(cli.out()).startsWith("* cpu").endsWith("no GPU: " + devices.whyNone() + "\n");
    }
  }

  @Test
  void theDefaultHasAStarAndTheUnusableSayWhy() {
    assertThat(DevicesCommand.describe(BOTH, false).lines())
        .startsWith(
            "  cuda:0  V100, compute capability 7.0, 80 multiprocessors: too old: use another",
            "* cuda:1  H100, compute capability 9.0, 132 multiprocessors; float16; 79.0 of 80.0 GiB"
                + " free; 32 frames of 512x512 at once")
        .hasSize(3);
  }

  @Test
  void memoryIsToldInBytes() throws Exception {
    String total =
        Files.readString(Path.of("/proc/meminfo")).replaceFirst("(?s)MemTotal: *(\\d+) kB.*", "$1");
    JsonNode cpu =
        new ObjectMapper().readTree(DevicesCommand.describe(BOTH, true)).get("devices").get(2);
    assertThat(cpu.get("total_bytes").asLong()).isEqualTo(1024 * Long.parseLong(total));
    assertThat(cpu.get("free_bytes").asLong())
        .isPositive()
        .isLessThan(cpu.get("total_bytes").asLong());
  }

  @Test
  void jsonHasTheSame() throws Exception {
    JsonNode root = new ObjectMapper().readTree(DevicesCommand.describe(BOTH, true));
    assertThat(root.has("no_gpu")).isFalse();
    JsonNode old = root.get("devices").get(0);
    assertThat(old.get("problem").asText()).isEqualTo("too old: use another");
    assertThat(old.get("default").asBoolean()).isFalse();
    JsonNode good = root.get("devices").get(1);
    assertThat(good.get("device").asText()).isEqualTo("cuda:1");
    assertThat(good.get("free_bytes").asLong()).isEqualTo(79L << 30);
    assertThat(good.get("batch_512").asInt()).isEqualTo(32);
    assertThat(good.get("default").asBoolean()).isTrue();
    assertThat(root.get("devices").get(2).get("device").asText()).isEqualTo("cpu");
  }
}
