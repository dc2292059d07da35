package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.bench.ReportJson;
import dev.latentween.bench.ReportTable;
import dev.latentween.bench.Reports;
import dev.latentween.bench.Schema;
import dev.latentween.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One real run on the CPU with the tiny model, of which no machine makes enough frames. */
class BenchCommandTest {
  @TempDir private static Path folder;
  private static Path file;
  private static Set<Path> before;
  private static Cli cli;
  private static JsonNode report;

  @BeforeAll
  static void run() throws Exception {
    before = leftIn(Path.of(System.getProperty("java.io.tmpdir")));
    file = folder.resolve("report.json");
    cli =
        bench(
            "--model",
            TinyModel.FOLDER,
            "--size",
            "64x128",
            "--steps",
            "2",
            "--price",
            "0.5",
            "--job",
            SmallRender.settings(folder),
            "--min-fps",
            "1e6",
            "--json",
            file);
    report = new ObjectMapper().readTree(file.toFile());
  }

  private static Cli bench(Object... words) {
    Object[] all = new Object[words.length + 3];
    System.arraycopy(new Object[] {"bench", "--device", "cpu"}, 0, all, 0, 3);
    System.arraycopy(words, 0, all, 3, words.length);
    return Cli.run(all);
  }

  @Test
  void tooFewFramesASecondAreExitCode5() {
    assertThat(cli.exitCode()).as(cli.err()).isEqualTo(5);
    assertThat(cli.err()).endsWith("the score is below --min-fps 1000000.0\n");
    assertThat(BenchCommand.exitCode(Reports.valid(8), 8.0)).isZero();
    assertThat(BenchCommand.exitCode(Reports.valid(8), 8.1)).isEqualTo(5);
    assertThat(BenchCommand.exitCode(Reports.valid(8), null)).isZero();
  }

  @Test
  void wrongPicturesAreExitCode4() {
    assertThat(BenchCommand.exitCode(Reports.wrong(8), 9.0)).isEqualTo(4);
  }

  @Test
  void documentKeepsToTheSchema() throws Exception {
    assertThat(Schema.complaints(Files.readString(file))).isEmpty();
  }

  @Test
  void tableIsThatOfTheDocument() {
    assertThat(cli.out()).isEqualTo(ReportTable.of(ReportJson.read(file)));
  }

  @Test
  void workIsWhatWasAskedFor() {
    JsonNode work = report.path("work");
    assertThat(work.path("model").asText()).isEqualTo("tiny-sd1");
    assertThat(work.path("syntheticWeights").asBoolean()).isFalse();
    assertThat(work.path("width").asInt()).isEqualTo(64);
    assertThat(work.path("height").asInt()).isEqualTo(128);
    assertThat(work.path("evaluationsPerFrame").asInt()).isEqualTo(4);
    assertThat(report.path("profile").asText()).isEqualTo("quick");
  }

  @Test
  void figuresAgreeWithEachOther() {
    double framesPerSecond = report.path("framesPerSecond").asDouble();
    JsonNode device = report.path("devices").path(0);
    assertThat(device.at("/endToEnd/framesPerSecond").asDouble()).isEqualTo(framesPerSecond);
    assertThat(report.at("/price/framesPerDollar").asDouble())
        .isCloseTo(3600 * framesPerSecond / 0.5, within(1e-6));
    assertThat(report.at("/job/frames").asInt()).isEqualTo(SmallRender.FRAMES);
    assertThat(report.at("/job/dollars").asDouble())
        .isCloseTo(report.at("/job/hours").asDouble() * 0.5, within(1e-12));

    JsonNode point = device.at("/unetCurve/0");
    assertThat(point.path("imageStepsPerSecond").asDouble() * point.path("milliseconds").asDouble())
        .as("samples a step, with guidance")
        .isCloseTo(2000, within(1e-6));
    JsonNode shares = device.at("/endToEnd/shares");
    double sum = 0;
    for (JsonNode share : shares) {
      sum += share.asDouble();
    }
    assertThat(sum).isCloseTo(1, within(1e-9));
    // What else the machine does moves the two, but not as far as a wrong unit would.
    double network =
        2 * point.path("milliseconds").asDouble()
            + device.at("/vaeDecode/millisecondsPerFrame").asDouble();
    assertThat(1000 / framesPerSecond).isBetween(network / 20, 20 * network);
    assertThat(device.at("/ceilings/usefulFlopsPerSecond").asDouble())
        .isLessThan(device.at("/ceilings/gemmFlopsPerSecond").asDouble());
    assertThat(device.path("sensors").asText()).isEqualTo("none for the CPU");
  }

  @Test
  void nothingIsLeftBehind() throws Exception {
    assertThat(leftIn(Path.of(System.getProperty("java.io.tmpdir")))).isEqualTo(before);
  }

  @Test
  void interruptedItLeavesNothingBehind() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("interrupted"));
    try (Child child =
        Child.start(
            folder.resolve("log"),
            "C.UTF-8",
            List.of("-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + temporary),
            List.of("bench", "--device", "cpu", "--size", "256x256"))) {
      child.awaitFile(temporary, "*bench*");
      child.interrupt();
      assertThat(child.exitCode(20)).as(child.said()).isEqualTo(130);
      assertThat(child.said()).contains("interrupted").doesNotContain("Exception");
    }
    assertThat(leftIn(temporary)).isEmpty();
  }

  private static Set<Path> leftIn(Path temporary) throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("latentween-bench"))
          .collect(Collectors.toSet());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--size, 512, '--size is 512; it must be WxH'",
    "--size, 100x64, 'both must be multiples of 64, for example 64x64'",
    "--price, 0, '--price is 0.0; it must be above 0'",
    "--precision, int4, '--precision is int4; it must be autocast or fp8'",
    "--precision, fp8, 'precision fp8 needs a GPU of compute capability 9.0'",
    "--min-fps, 0, '--min-fps is 0.0; it must be above 0'",
    "--steps, 0, 'steps'",
    "--profile, slow, '--profile'",
    "--job, none.json, 'there is no settings file'",
    "--model, none, 'there is no such model'"
  })
  void mistakesAreOneLineAndExitCode2(String option, String value, String message) {
    Cli mistaken = bench(option, value);
    assertThat(mistaken.exitCode()).isEqualTo(2);
    assertThat(mistaken.err().lines().filter(line -> line.startsWith("error: ")))
        .singleElement()
        .asString()
        .contains(message);
    assertThat(mistaken.out()).isEmpty();
  }

  /** Not after minutes of a rented GPU. */
  @Test
  void reportThatCannotBeWrittenIsToldBeforeMeasuring() throws Exception {
    Cli mistaken = bench("--json", folder);
    assertThat(mistaken.exitCode()).isEqualTo(2);
    assertThat(mistaken.err()).isEqualTo("error: cannot write " + folder + ": it is a folder\n");
    Path below = Files.writeString(folder.resolve("file"), "").resolve("report.json");
    assertThat(bench("--json", below).err())
        .startsWith("error: cannot write " + below)
        .hasLineCount(1);
  }

  @Test
  void oneDeviceIsNamedOnce() {
    Cli mistaken = Cli.run("bench", "--device", "cpu,cpu");
    assertThat(mistaken.exitCode()).isEqualTo(2);
    assertThat(mistaken.err()).isEqualTo("error: --device names cpu twice\n");
  }
}
