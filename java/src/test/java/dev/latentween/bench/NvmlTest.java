package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The binding against a driver's library made for the purpose, which knows one GPU. */
class NvmlTest {
  private static final String BUS_ID = "0000:1b:00.0";
  @TempDir Path folder;

  /** Whether the driver is missing or there is another GPU: somebody says why, nothing throws. */
  @Test
  void noSuchGpuIsAnAnswer() {
    Sensors.Found found = Nvml.look().of("ffff:ff:1f.7");
    assertThat(found.gpu()).isNull();
    assertThat(found.missing()).contains("NVML");
    assertThat(Nvml.look().of(null).missing()).isEqualTo("none for the CPU");
  }

  @Test
  void everyQuestionIsUnderstood() throws Exception {
    compileLibrary();
    List<String> said = ask(BUS_ID);
    assertThat(said)
        .containsExactly(
            "Identity[name=NVIDIA Test, driver=580.1, memoryBytes=85899345920, powerLimitWatts=500.0,"
                + " powerLimitDefaultWatts=700.0, smClockMhz=1500, smClockMaxMhz=1980,"
                + " memoryClockMhz=2600, memoryClockMaxMhz=2619, pcieGeneration=4,"
                + " pcieGenerationMax=5, pcieWidth=8, pcieWidthMax=16, ecc=true]",
            "power null energy 123.456 [POWER_CAP, THERMAL_HARDWARE]",
            "Use[processes=[11, 22], usedBytes=12345, busyPercent=33] true");
    assertThat(ask("0000:2b:00.0")).containsExactly("NVML has no GPU 0000:2b:00.0: Not Found");
  }

  private void compileLibrary() throws Exception {
    Path source = folder.resolve("nvml.cpp");
    try (var in = NvmlTest.class.getResourceAsStream("nvml.cpp")) {
      Files.write(source, in.readAllBytes());
    }
    run(
        new ProcessBuilder(
            "c++",
            "-shared",
            "-fPIC",
            "-o",
            folder.resolve("libnvidia-ml.so.1").toString(),
            source.toString()));
  }

  private List<String> ask(String busId) throws Exception {
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            NvmlTest.class.getName(),
            busId);
    child.environment().put("LD_LIBRARY_PATH", folder.toString());
    return run(child);
  }

  private List<String> run(ProcessBuilder command) throws Exception {
    Path said = folder.resolve("said");
    Process process = command.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    List<String> lines = Files.readAllLines(said);
    assertThat(process.exitValue()).as("%s", lines).isZero();
    return lines;
  }

  /** In a process that finds the library. */
  public static void main(String[] args) {
    Sensors.Found found = Nvml.look().of(args[0]);
    if (found.gpu() == null) {
      System.out.println(found.missing());
      return;
    }
    System.out.println(found.gpu().identity());
    Gpu.Reading reading = found.gpu().read();
    System.out.printf(
        "power %s energy %s %s%n",
        reading.powerWatts(),
        reading.energyJoules(),
        reading.throttle().stream().sorted().toList());
    System.out.println(found.before() + " " + found.before().byOthers());
  }
}
