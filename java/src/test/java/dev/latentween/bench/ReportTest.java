package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReportTest {
  @TempDir Path folder;

  static Stream<Report> reports() {
    return Stream.of(Reports.full(), Reports.priced(9, null), Reports.wrong(9));
  }

  @ParameterizedTest
  @MethodSource("reports")
  void documentsKeepToTheSchemaAndComeBackAsTheyWere(Report report) throws Exception {
    String document = ReportJson.write(report);
    assertThat(Schema.complaints(document)).isEmpty();
    Path file = Files.writeString(folder.resolve("a.json"), document);
    assertThat(ReportJson.read(file)).isEqualTo(report);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"framesPerSecond\" : 16.5', '\"framesPerSecond\" : \"many\"'",
    "'\"sensors\" : \"nvml\",', ''",
    "'\"bestBatch\" : 16', '\"bestBatch\" : 16, \"bestBath\" : 16'",
    "POWER_CAP, POWER_CUT"
  })
  void schemaSeesWhatIsWrong(String right, String wrong) throws Exception {
    String document = ReportJson.write(Reports.full());
    assertThat(document).contains(right);
    assertThat(Schema.complaints(document.replace(right, wrong))).isNotEmpty();
  }

  /** Each row's first number is the document's at that place, in the row's unit, as it rounds. */
  @ParameterizedTest
  @CsvSource({
    "SM clock,             /gpu/smClockMhz,                    1,     0.5",
    "memory clock,         /gpu/memoryClockMhz,                1,     0.5",
    "power limit,          /gpu/powerLimitWatts,               1,     0.5",
    "start: process,       /coldStart/processMs,               1,     0.5",
    "start: device,        /coldStart/deviceMs,                1,     0.5",
    "start: weights,       /coldStart/weightsMs,               1,     0.5",
    "start: first frame,   /coldStart/firstFrameMs,            1,     0.5",
    "'UNet, batch 1',      /unetCurve/0/milliseconds,          1,     0.005",
    "'UNet, batch 4',      /unetCurve/1/milliseconds,          1,     0.005",
    "'UNet, batch 16',     /unetCurve/2/milliseconds,          1,     0.005",
    "best batch,           /bestBatch,                         1,     0",
    "VAE decode,           /vaeDecode/millisecondsPerFrame,    1,     0.005",
    "frames/s,             /endToEnd/framesPerSecond,          1,     0.0005",
    "time in UNet,         /endToEnd/shares/unet,              100,   0.05",
    "time in VAE,          /endToEnd/shares/vaeDecode,         100,   0.05",
    "time in copies,       /endToEnd/shares/copy,              100,   0.05",
    "waited for files,     /endToEnd/waitedForFiles,           100,   0.05",
    "useful TFLOP/s,       /ceilings/usefulFlopsPerSecond,     1e-12, 0.05",
    "useful GB/s,          /ceilings/usefulBytesPerSecond,     1e-9,  0.5",
    "peak memory,          /peakMemoryBytes,                   9.3132257e-10, 0.05",
    "mean power,           /power/meanWatts,                   1,     0.05",
    "energy,               /power/joulesPerFrame,              1,     0.005",
    "droop,                /droop,                             100,   0.05"
  })
  void tableAndDocumentAgree(String row, String pointer, double unit, double rounding)
      throws Exception {
    Report report = Reports.full();
    JsonNode device = new ObjectMapper().readTree(ReportJson.write(report)).path("devices").path(0);
    assertThat(firstNumber(row, ReportTable.of(report)))
        .isCloseTo(device.at(pointer).asDouble() * unit, offset(rounding + 1e-9));
  }

  private static double firstNumber(String row, String table) {
    Matcher found =
        Pattern.compile("(?m)^" + Pattern.quote(row) + " +(-?[0-9.e+-]+)").matcher(table);
    assertThat(found.find()).as("a row '%s' in%n%s", row, table).isTrue();
    return Double.parseDouble(found.group(1));
  }

  @Test
  void tableTellsTheRest() {
    String table = ReportTable.of(Reports.full());
    assertThat(table)
        .contains("Stable Diffusion 1.5 shapes, synthetic weights")
        .contains("512x512, euler, 20 steps, guidance 7: 40 evaluations of 0.800 TFLOP a frame")
        .contains("generation 4 of 5, 16 of 16 lanes")
        .contains("132 SMs, 79.2 GiB, float16")
        .containsPattern("ECC +on +on\n")
        .containsPattern("throttled by +power cap +power cap\n")
        .containsPattern("UNet, batch 16 +84.50 ms, 378.7 image-steps/s unsettled ")
        .containsPattern("together +16.50 frames/s, 98.2 % of the sum of each alone\n")
        .containsPattern("score +16.50 frames/s, 59400 frames an hour\n")
        .containsPattern("price +\\$4.00 an hour: 14850 frames a dollar, \\$0.0673 for 1000 frames")
        .containsPattern(
            "job +city.json with this model: 67 frames of 256x256, 20 evaluations each: 0.01250 hours")
        .containsPattern("note +a note\n");
  }

  @Test
  void gpuInUseByOthersAndLoweredPowerLimitAreNoted() {
    Report report = Reports.priced(9, null);
    assertThat(report.notes())
        .anySatisfy(
            note ->
                assertThat(note)
                    .isEqualTo(
                        "cuda:0 was in use before the benchmark, so its figures may be too low:"
                            + " process 4711, 3072 MiB taken, 12 % busy"))
        .anySatisfy(
            note -> assertThat(note).contains("limit of 600 W, below its default of 700 W"));
    assertThat(ReportTable.of(report)).contains("note                cuda:0 was in use before");
  }

  /** Nobody, at the limits of what an idle GPU has; and each of what tells of somebody. */
  @ParameterizedTest
  @CsvSource({
    "0, 268435456, 5, false",
    "1, 0, 0, true",
    "0, 268435457, 0, true",
    "0, 0, 6, true",
    "0,,, false"
  })
  void useByOthersIsMoreThanAnIdleGpuHas(int processes, Long bytes, Integer busy, boolean others) {
    List<Integer> ids = Collections.nCopies(processes, 4711);
    assertThat(new Gpu.Use(ids, bytes, busy).byOthers()).isEqualTo(others);
  }

  @Test
  void slowingDownAndNotSettlingAreNoted() {
    assertThat(notes(0.03, true)).isEmpty();
    assertThat(notes(null, true)).isEmpty();
    assertThat(notes(0.04, false))
        .containsExactly(
            "cuda:0 got 4 % slower",
            "cuda:0: frames/s had not settled within 1 % when time was up");
  }

  /** Of a GPU that nobody else uses and that has the power limit it came with. */
  private static List<String> notes(Double droop, boolean settled) {
    return Verdict.notes(Reports.quiet(droop, settled));
  }

  @Test
  void wrongPicturesVoidTheScore() {
    Report report = Reports.wrong(9);
    assertThat(report.valid()).isFalse();
    assertThat(ReportTable.of(report))
        .containsPattern("VOID +cuda:0: differs from the reference by 0.70, more than 5e-03\n")
        .containsPattern("score +9.000 frames/s, 32400 frames an hour, void\n");
  }

  @Test
  void eachWayToBeWrongIsSeen() {
    assertThat(reasons(new Report.Gate("cpu", null, 5e-3, false, true)))
        .containsExactly("cuda:0: NaN or infinity in what it computes");
    assertThat(reasons(new Report.Gate("cpu", Double.NaN, 5e-3, true, true))).hasSize(1);
    assertThat(reasons(new Report.Gate("cpu", 1e-3, 5e-3, true, false)))
        .containsExactly("cuda:0: a frame depends on the batch it is rendered in");
    assertThat(reasons(Reports.right())).isEmpty();
  }

  private static List<String> reasons(Report.Gate gate) {
    return Verdict.wrong(Reports.gpu("cuda:0", 9, gate));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"schemaVersion\": 2}', schema version 1",
    "'{', is no bench report",
    "'{\"schemaVersion\": 1}', engineVersion"
  })
  void otherFilesAreRefused(String content, String message) throws Exception {
    Path file = Files.writeString(folder.resolve("a.json"), content);
    assertThatThrownBy(() -> ReportJson.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }
}
