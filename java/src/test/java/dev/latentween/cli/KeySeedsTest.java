package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A seed for each key prompt: a key frame is its own seed's, an in-between is neither's. */
class KeySeedsTest {
  /** Draws noise at every step, so that the steps' noise is seen to be the key's, too. */
  private static final String SAMPLER = "sampler=euler_ancestral";

  @TempDir private Path folder;

  private List<Path> render(String name, String seeds) throws IOException {
    Path outdir = folder.resolve(name);
    SmallRender.into(SmallRender.settings(folder), outdir, "-s", SAMPLER, "-s", seeds);
    return SmallRender.pngs(outdir);
  }

  @Test
  void keyFramesAreTheirSeeds() throws IOException {
    List<Path> both = render("both", "key_seeds=[3, 4]");
    List<Path> three = render("three", "seed=3");
    List<Path> four = render("four", "seed=4");
    int last = SmallRender.FRAMES - 1;
    assertThat(Picture.read(both.get(0)).rgb()).isEqualTo(Picture.read(three.get(0)).rgb());
    assertThat(Picture.read(both.get(last)).rgb()).isEqualTo(Picture.read(four.get(last)).rgb());
    assertThat(Picture.read(both.get(0)).parameters()).contains("Seed: 3");
    assertThat(Picture.read(both.get(last)).parameters()).contains("Seed: 4");
    int middle = last / 2;
    assertThat(Picture.read(both.get(middle)).rgb())
        .isNotEqualTo(Picture.read(three.get(middle)).rgb())
        .isNotEqualTo(Picture.read(four.get(middle)).rgb());
  }
}
