package dev.latentween.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsFiles;
import dev.latentween.settings.UserError;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramePlanTest {
  @Test
  void sevenPromptsWithSixteenBetweenAre103Frames() {
    FramePlan plan = even(7, 16);
    assertThat(plan.frameCount()).isEqualTo(103);
    assertThat(plan.frames()).hasSize(103);
    assertThat(plan.keyFrames()).containsExactly(0, 17, 34, 51, 68, 85, 102);
    assertThat(plan.videoSeconds()).isEqualTo(103 / 15.0);
    assertThat(plan.stepsPerFrame()).isEqualTo(50);
    assertThat(plan.width()).isEqualTo(512);
    assertThat(plan.height()).isEqualTo(512);
  }

  @ParameterizedTest
  @CsvSource({"1, 20, 1", "2, 0, 2", "5, 0, 5", "2, 1, 3", "3, 2, 7", "4, 20, 64"})
  void thereAreXFramesBetweenEachPair(int prompts, int between, int frames) {
    FramePlan plan = even(prompts, between);
    assertThat(plan.frameCount()).isEqualTo(frames);
    assertThat(plan.keyFrames())
        .containsExactly(IntStream.range(0, prompts).map(k -> k * (between + 1)).toArray());
  }

  @Test
  void keyFramesAreOnePromptAlone() {
    FramePlan plan = even(7, 16);
    for (int key = 0; key < 7; key++) {
      assertThat(plan.frame(key * 17)).isEqualTo(new Frame(key * 17, key, key, 0));
    }
  }

  /** At a distance of 5 already, j * (1.0 / distance) is not j / distance. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 16, 20})
  void weightsAreOneDivision(int between) {
    FramePlan plan = even(2, between);
    for (int j = 1; j <= between; j++) {
      assertThat(plan.frames().get(j)).isEqualTo(new Frame(j, 0, 1, (double) j / (between + 1)));
    }
  }

  @Test
  void framesCountUpWithoutGaps() {
    FramePlan plan = even(4, 3);
    for (int i = 0; i < plan.frameCount(); i++) {
      Frame frame = plan.frames().get(i);
      assertThat(frame.index()).isEqualTo(i);
      assertThat(frame.fromKey()).isEqualTo(i / 4);
      assertThat(frame.weight()).isEqualTo(i % 4 / 4.0);
    }
    assertThatThrownBy(() -> plan.frame(plan.frameCount()))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void keysSpaceFramesWhereAskedTo() {
    FramePlan plan = FramePlan.of(keyed("{\"5\": \"a\", \"7\": \"b\", \"17\": \"c\"}", "none"));
    assertThat(plan.keyFrames()).containsExactly(0, 2, 12);
    assertThat(plan.frameCount()).isEqualTo(13);
    assertThat(plan.frame(1)).isEqualTo(new Frame(1, 0, 1, 0.5));
    assertThat(plan.frame(2)).isEqualTo(new Frame(2, 1, 1, 0));
    assertThat(plan.frame(5)).isEqualTo(new Frame(5, 1, 2, 0.3));
    assertThat(plan.frame(12)).isEqualTo(new Frame(12, 2, 2, 0));
  }

  @Test
  void compatRendersTheLastPairAlone() {
    FramePlan plan =
        FramePlan.of(keyed("{\"5\": \"a\", \"7\": \"b\", \"17\": \"c\"}", "dsd-0.7.1"));
    assertThat(plan.keyFrames()).containsExactly(0, 10);
    assertThat(plan.frame(0)).isEqualTo(new Frame(0, 1, 1, 0));
    assertThat(plan.frame(3)).isEqualTo(new Frame(3, 1, 2, 0.3));
    assertThat(plan.frame(10)).isEqualTo(new Frame(10, 2, 2, 0));
    assertThat(FramePlan.of(keyed("\"a\"", "dsd-0.7.1")).frameCount()).isEqualTo(1);
  }

  @Test
  void compatChangesNothingWithoutKeyFrames() {
    Settings settings =
        SettingsFiles.settings(
            "{\"prompts\": [\"a\", \"b\", \"c\"], \"compat\": \"dsd-0.7.1\","
                + " \"interpolate_x_frames\": 4}");
    assertThat(FramePlan.of(settings).keyFrames()).containsExactly(0, 5, 10);
  }

  @Test
  void keysThatDoNotGrowAreRefused() {
    assertThatThrownBy(() -> FramePlan.of(keyed("{\"5\": \"a\", \"3\": \"b\"}", "none")))
        .isInstanceOf(UserError.class)
        .hasMessage("prompts has key 3 after 5; with interpolate_key_frames keys must grow");
  }

  @Test
  void planOfAMillionFramesIsAllThereIs() {
    assertThat(FramePlan.of(keyed("{\"0\": \"a\", \"999999\": \"b\"}", "none")).frameCount())
        .isEqualTo(1_000_000);
    String farOff = "{\"0\": \"a\", \"5000000\": \"b\", \"5000010\": \"c\"}";
    assertThat(FramePlan.of(keyed(farOff, "dsd-0.7.1")).frameCount()).isEqualTo(11);
    assertThatThrownBy(() -> FramePlan.of(keyed("{\"0\": \"a\", \"1000000\": \"b\"}", "none")))
        .isInstanceOf(UserError.class);
    assertThatThrownBy(() -> FramePlan.of(keyed("{\"0\": \"a\", \"2147483647\": \"b\"}", "none")))
        .isInstanceOf(UserError.class)
        .hasMessage("the video would have 2147483648 frames; it must have at most 1000000");
  }

  private static FramePlan even(int prompts, int between) {
    String list = String.join(",", Collections.nCopies(prompts, "\"a\""));
    return FramePlan.of(
        SettingsFiles.settings(
            "{\"prompts\": [" + list + "], \"interpolate_x_frames\": " + between + "}"));
  }

  private static Settings keyed(String prompts, String compat) {
    return SettingsFiles.settings(
        "{\"prompts\": "
            + prompts
            + ", \"interpolate_key_frames\": true, \"compat\": \""
            + compat
            + "\"}");
  }
}
