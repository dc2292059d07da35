package dev.latentween.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.cli.Cli;
import dev.latentween.cli.Picture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Through the command line, on reports of machines that are not here. */
class ComparisonTest {
  @TempDir Path folder;

  @Test
  void cheapestFramesComeFirst() throws Exception {
    Cli cli =
        compare(
            write("dear", Reports.priced(10, 4.0)),
            write("unpriced", Reports.priced(20, null)),
            write("wrong", Reports.wrong(100)),
            write("cheap", Reports.priced(2, 0.4)));
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    List<String> rows = cli.out().lines().toList();
    assertThat(rows.get(0)).contains("$/h", "$/1000 fr.", "frames/$", "frames/s", "J/frame");
    assertThat(rows.get(1)).matches("cheap +0\\.40 +0\\.0556 +18000 +2\\.000 +60\\.00 .*H100.*");
    assertThat(rows.get(2)).matches("dear +4\\.00 +0\\.1111 +9000 +10\\.00 .*");
    assertThat(rows.get(3)).matches("wrong +1\\.00 +- +- +100\\.0 .*VOID");
    assertThat(rows.get(4)).matches("unpriced +- +- +- +20\\.00 .*");
  }

  @Test
  void severalDevicesAreOneRowWithTheirMean() throws Exception {
    Cli cli = compare(write("two", Reports.full()));
    assertThat(cli.out())
        .containsPattern("two +4\\.00 +0\\.0673 +14850 +16\\.50 +70\\.00 +16  2 x NVIDIA H100");
  }

  @Test
  void pictureHasABarForEachPrice() throws Exception {
    compare(write("a", Reports.priced(10, 4.0)), write("b", Reports.priced(10, 1.0)));
    Picture picture = Picture.read(folder.resolve("out.png"));
    assertThat(picture.width()).isEqualTo(1600);
    long cheap = pixels(picture, 31, 114, 180);
    long dear = pixels(picture, 255, 127, 44);
    assertThat(cheap).isGreaterThan(1000);
    assertThat(dear / (double) cheap).as("four times the price").isBetween(3.5, 4.5);
  }

  /** Of a colour, in the part of the picture that has the bars. */
  private static long pixels(Picture picture, int red, int green, int blue) {
    long count = 0;
    for (int i = 0; i < picture.rgb().length / 3; i++) {
      boolean right = i % picture.width() > 800;
      int[] rgb = picture.rgb();
      if (right && rgb[3 * i] == red && rgb[3 * i + 1] == green && rgb[3 * i + 2] == blue) {
        count++;
      }
    }
    return count;
  }

  @Test
  void otherWorkIsRefusedWithWhatDiffers() throws Exception {
    Report.Work other =
        new Report.Work(Subject.SYNTHETIC, true, 768, 512, "euler", 50, 7, 100, 0.8, "png and mp4");
    Report report =
        Reports.of(other, List.of(Reports.gpu("cuda:0", 3, Reports.right())), null, 3, 1.0);
    Cli cli = compare(write("a", Reports.priced(10, 4.0)), write("b", report));
    assertThat(cli.exitCode()).isEqualTo(2);
    assertThat(cli.err())
        .hasLineCount(1)
        .contains("b.json is of other work than", "width: 512, 768", "steps: 20, 50")
        .doesNotContain("height");
    assertThat(folder.resolve("out.png")).doesNotExist();
  }

  @Test
  void missingFileIsOneLine() throws Exception {
    Path none = folder.resolve("none.json");
    Cli cli = compare(none);
    assertThat(cli.exitCode()).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("error: there is no report " + none + "\n");
  }

  private Path write(String name, Report report) throws Exception {
    return Files.writeString(folder.resolve(name + ".json"), ReportJson.write(report));
  }

  private Cli compare(Path... reports) {
    Object[] words = new Object[reports.length + 4];
    words[0] = "bench";
    words[1] = "compare";
    words[2] = "-o";
    words[3] = folder.resolve("out.png");
    System.arraycopy(reports, 0, words, 4, reports.length);
    return Cli.run(words);
  }
}
