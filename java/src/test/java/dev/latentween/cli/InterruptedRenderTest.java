package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A render that is ended from outside, and what --resume makes of what it left. */
class InterruptedRenderTest {
  @TempDir Path temp;
  private Path settings;
  private Path outdir;

  @BeforeEach
  void writeSettings() throws IOException {
    settings = SmallRender.settings(temp);
    outdir = temp.resolve("o");
  }

  private Child start(String... more) throws IOException {
    return Child.start(temp.resolve("log"), SmallRender.command(settings, outdir, (Object[]) more));
  }

  /** The third frame was there; the second may have been in flight beside it. */
  private void assertResumable() throws IOException {
    int left = SmallRender.pngs(outdir).size();
    assertThat(left).isBetween(2, SmallRender.FRAMES - 1);
    Cli cli = SmallRender.into(settings, outdir, "--resume", "-s", "steps=20");
    assertThat(cli.err()).contains("keeping " + left + " of 12 frames");
    SmallRender.into(settings, temp.resolve("reference"), "-s", "steps=20");
    SmallRender.assertSameFrames(outdir, SmallRender.frames(temp.resolve("reference")));
    assertThat(names()).noneMatch(name -> name.startsWith("."));
    SmallRender.only(outdir, ".mp4");
  }

  private List<String> names() {
    return Arrays.asList(outdir.toFile().list());
  }

  @Test
  void killedItLosesTheFramesInFlightAlone() throws Exception {
    try (Child child = start("-s", "steps=20")) {
      child.awaitFile(outdir, "*_00002.png");
      child.kill();
    }
    assertResumable();
  }

  @Test
  void interruptedItLeavesNothingPartial() throws Exception {
    try (Child child = start("-s", "steps=20")) {
      child.awaitFile(outdir, "*_00002.png");
      child.interrupt();
      assertThat(child.exitCode(20)).as(child.said()).isEqualTo(130);
      assertThat(child.said()).contains("interrupted", "--resume").doesNotContain("Exception");
    }
    assertThat(names()).noneMatch(name -> name.startsWith("."));
    assertThat(names()).noneMatch(name -> name.endsWith(".mp4"));
    assertResumable();
  }

  @Test
  void whatKeepsNoFramesDoesNotPromiseToGoOn() throws Exception {
    try (Child child = start("-s", "steps=1000", "-s", "save_samples=false")) {
      child.awaitFile(outdir, "*_settings.txt");
      child.interrupt();
      assertThat(child.exitCode(20)).as(child.said()).isEqualTo(130);
      assertThat(child.said()).contains("interrupted").doesNotContain("--resume");
    }
  }

  /** A frame of these settings takes minutes. */
  @Test
  void interruptionDoesNotWaitForTheFrame() throws Exception {
    try (Child child = start("-s", "steps=1000", "-s", "W=512", "-s", "H=512")) {
      child.awaitFile(outdir, "*_settings.txt");
      child.interrupt();
      assertThat(child.exitCode(20)).as(child.said()).isEqualTo(130);
    }
    assertThat(names()).singleElement().asString().endsWith("_settings.txt");
    assertThat(Files.readString(temp.resolve("log"))).hasLineCount(2).contains("interrupted");
  }
}
