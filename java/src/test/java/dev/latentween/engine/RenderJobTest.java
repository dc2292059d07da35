package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.model.Checkpoint;
import dev.latentween.model.Tokenizer;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsFiles;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Batches submitted and collected in turn, from two threads, and cancelled. */
class RenderJobTest {
  private static final Settings SETTINGS = with("\"seed\": 5");
  private static final List<Frame> FRAMES = FramePlan.of(SETTINGS).frames();

  private static TinyEngine tiny;
  private static Tokenizer tokenizer;
  private static List<byte[]> oneByOne;

  @BeforeAll
  static void renderOnce() {
    tiny = new TinyEngine();
    try (Checkpoint checkpoint = Checkpoint.open(Golden.TINY_MODEL, null)) {
      tokenizer = checkpoint.tokenizer();
    }
    oneByOne = new ArrayList<>();
    try (RenderJob job = job(1)) {
      for (Frame frame : FRAMES) {
        ByteBuffer pixels = buffer(job, 1);
        job.render(List.of(frame), pixels);
        oneByOne.addAll(frames(job, pixels, 1));
      }
    }
    assertThat(oneByOne).hasSizeGreaterThan(4);
    assertAllDiffer(oneByOne);
  }

  /** As buffers, which are compared by what they hold; arrays are not always. */
  private static void assertAllDiffer(List<byte[]> pictures) {
    assertThat(pictures.stream().map(ByteBuffer::wrap)).doesNotHaveDuplicates();
  }

  @AfterAll
  static void close() {
    tiny.close();
  }

  private static Settings with(String members) {
    return SettingsFiles.settings(
        "{\"prompts\": [\"a city\", \"a beautiful and modern city\"], \"interpolate_x_frames\": 4,"
            + " \"W\": 64, \"H\": 64, \"steps\": 3, "
            + members
            + "}");
  }

  private static RenderJob job(int batch) {
    return job(SETTINGS, batch);
  }

  private static RenderJob job(Settings settings, int batch) {
    return RenderJob.create(tiny.model, tokenizer::encode, settings, batch, null);
  }

  private static ByteBuffer buffer(RenderJob job, int frames) {
    return ByteBuffer.allocateDirect(Math.toIntExact(frames * job.frameBytes()));
  }

  private static List<byte[]> frames(RenderJob job, ByteBuffer pixels, int count) {
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] frame = new byte[Math.toIntExact(job.frameBytes())];
      pixels.get(i * frame.length, frame);
      frames.add(frame);
    }
    return frames;
  }

  @Test
  void batchesComeInTheOrderOfSubmission() {
    try (RenderJob job = job(2)) {
      ByteBuffer pixels = buffer(job, 2);
      job.submit(FRAMES.subList(3, 5));
      job.submit(FRAMES.subList(0, 1));
      job.collect(pixels);
      assertThat(frames(job, pixels, 2)).containsExactly(oneByOne.get(3), oneByOne.get(4));
      job.collect(pixels);
      assertThat(frames(job, pixels, 1)).containsExactly(oneByOne.get(0));
      assertThatThrownBy(() -> job.collect(pixels)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void everySettingReachesTheEngine() {
    List<byte[]> pictures = new ArrayList<>();
    for (String members :
        List.of(
            "\"seed\": 5",
            "\"seed\": 6",
            "\"seed\": 5, \"scale\": 6",
            "\"seed\": 5, \"neg_prompts\": \"night\"",
            "\"seed\": 5, \"clip_skip\": 2",
            "\"seed\": 5, \"sigmas\": \"karras\"",
            "\"seed\": 5, \"noise_device\": \"cpu\"",
            "\"seed\": 5, \"sampler\": \"ddim\"",
            "\"seed\": 5, \"sampler\": \"ddim\", \"ddim_eta\": 1")) {
      try (RenderJob job = job(with(members), 1)) {
        ByteBuffer pixels = buffer(job, 1);
        job.render(FRAMES.subList(0, 1), pixels);
        pictures.addAll(frames(job, pixels, 1));
      }
    }
    assertAllDiffer(pictures);
  }

  @Test
  void oneThreadSubmitsWhileAnotherCollects() throws Exception {
    BlockingQueue<Integer> submitted = new ArrayBlockingQueue<>(FRAMES.size());
    try (RenderJob job = job(1)) {
      CompletableFuture<Void> submitting =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < FRAMES.size(); i++) {
                  job.submit(FRAMES.subList(i, i + 1));
                  submitted.add(i);
                }
              });
      ByteBuffer pixels = buffer(job, 1);
      for (int i = 0; i < FRAMES.size(); i++) {
        assertThat(submitted.poll(30, TimeUnit.SECONDS)).isEqualTo(i);
        job.collect(pixels);
        assertThat(frames(job, pixels, 1).get(0)).as("frame %d", i).isEqualTo(oneByOne.get(i));
      }
      submitting.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void cancelWakesWhoWaits() throws Exception {
    try (RenderJob job = job(1)) {
      job.submit(FRAMES.subList(0, 1));
      job.submit(FRAMES.subList(1, 2));
      CompletableFuture<Void> third =
          CompletableFuture.runAsync(() -> job.submit(FRAMES.subList(2, 3)));
      Thread.sleep(100);
      assertThat(third).as("a third batch on its way").isNotDone();
      job.cancel();
      assertThat(third.handle((done, thrown) -> thrown.getCause()).get(30, TimeUnit.SECONDS))
          .isInstanceOf(EngineException.class)
          .hasMessage("cancelled");
      assertThatThrownBy(() -> job.collect(buffer(job, 1))).hasMessage("cancelled");
    }
  }

  @Test
  void tooSmallABufferLosesNothing() {
    try (RenderJob job = job(2)) {
      assertThatThrownBy(() -> job.render(FRAMES.subList(0, 2), buffer(job, 1)))
          .isInstanceOf(IllegalArgumentException.class);
      job.submit(FRAMES.subList(0, 2));
      assertThatThrownBy(() -> job.collect(buffer(job, 1)))
          .isInstanceOf(IllegalArgumentException.class);
      ByteBuffer pixels = buffer(job, 2).position(7); // "from its start", wherever it stands
      job.collect(pixels);
      assertThat(frames(job, pixels, 2)).containsExactly(oneByOne.get(0), oneByOne.get(1));
    }
  }
}
