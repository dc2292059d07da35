package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.engine.EngineException;
import dev.latentween.engine.EngineException.Code;
import dev.latentween.engine.FrameRenderer;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import dev.latentween.settings.SettingsReader;
import dev.latentween.video.FrameFiles;
import dev.latentween.video.VideoSink;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Engines that run out of memory or fail, played by one that paints a frame's number. */
@Timeout(60)
class EngineWorkTest {
  private static final String GO_ON = "; frames written so far are whole: go on with --resume";

  @TempDir Path temp;
  private FramePlan plan;
  private Settings settings;
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());

  /** How many painters are open. */
  private int open;

  @BeforeEach
  void plan() throws IOException {
    settings =
        new SettingsReader()
            .read(SmallRender.settings(temp), Map.of("outdir", temp.resolve("o").toString()))
            .settings();
    plan = FramePlan.of(settings);
  }

  /** Has memory for so many frames under way. */
  private class Painter implements FrameRenderer {
    private final int memory;
    private final Queue<List<Frame>> underWay = new ArrayDeque<>();
    private final CountDownLatch cancelled = new CountDownLatch(1);

    Painter(int planned, int plannable, int memory) {
      this.memory = memory;
      if (planned > plannable) {
        throw outOfMemory(planned);
      }
      open++;
    }

    private static EngineException outOfMemory(int frames) {
      return new EngineException(Code.OUT_OF_MEMORY, "no memory for " + frames);
    }

    @Override
    public void submit(List<Frame> frames) {
      int all = frames.size() + underWay.stream().mapToInt(List::size).sum();
      if (all > memory) {
        throw outOfMemory(all);
      }
      underWay.add(frames);
    }

    @Override
    public void collect(ByteBuffer pixels) {
      for (Frame frame : underWay.remove()) {
        for (int i = 0; i < 3 * plan.width() * plan.height(); i++) {
          pixels.put((byte) (10 * frame.index() + 1));
        }
      }
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }

    @Override
    public void close() {
      open--;
    }
  }

  private void render(int batch, Consumer<FrameQueue> work) throws IOException {
    FrameFiles files =
        new FrameFiles(
            settings.outdir(), "20230101000000", plan.width(), plan.height(), settings.bitDepth());
    try (VideoSink sink = VideoSink.open(temp.resolve("v.avi"), plan.width(), plan.height(), 15);
        FrameOutput output = new FrameOutput(settings, files, "painter", sink, batch, 3)) {
      Progress progress = new Progress(new PrintWriter(Writer.nullWriter()), false);
      progress.start(plan.frameCount(), 0);
      work.accept(new FrameQueue(plan, new BitSet(), output, progress));
      output.finish(plan.frameCount());
    }
  }

  private void assertAllPainted() throws IOException {
    List<Path> pngs = SmallRender.pngs(settings.outdir());
    assertThat(pngs).hasSize(SmallRender.FRAMES);
    for (int i = 0; i < pngs.size(); i++) {
      assertThat(Picture.read(pngs.get(i)).rgb()).as("frame %d", i).containsOnly(10 * i + 1);
    }
  }

  private EngineWork work(int batch, int plannable, int memory) {
    return new EngineWork(size -> new Painter(size, plannable, memory), batch, notes::add);
  }

  @Test
  void whatIsPlannedIsHalvedUntilItFits() throws IOException {
    try (EngineWork work = work(12, 3, 100)) {
      assertThat(work.batch()).as("what buffers must have room for").isEqualTo(3);
      render(work.batch(), work::run);
    }
    assertThat(notes)
        .containsExactly(
            "no memory for 12; going on with 6 at once",
            "no memory for 6; going on with 3 at once");
    assertAllPainted();
    assertThat(open).isZero();
  }

  @Test
  void whatIsUnderWayIsRenderedAgainInHalves() throws IOException {
    try (EngineWork work = work(5, 5, 2)) {
      render(5, work::run);
    }
    // The first five, half of them again, and at last two under way of two each.
    assertThat(notes)
        .containsExactly(
            "no memory for 5; going on with 3 at once",
            "no memory for 3; going on with 2 at once",
            "no memory for 4; going on with 1 at once");
    assertAllPainted();
    assertThat(open).isZero();
  }

  @Test
  void oneFrameThatDoesNotFitIsTheEnd() {
    assertThatThrownBy(() -> work(2, 0, 100)).hasMessage("no memory for 1");
    assertThat(open).isZero();
    try (EngineWork work = work(2, 2, 0)) {
      assertThatThrownBy(() -> render(2, work::run)).hasMessage("no memory for 1" + GO_ON);
    }
    assertThat(open).isZero();
  }

  @Test
  void cancellingReachesARendererThatIsBeingMade() throws IOException {
    List<Painter> made = new ArrayList<>();
    EngineWork[] work = new EngineWork[1];
    work[0] =
        new EngineWork(
            size -> {
              if (size < 5) {
                work[0].cancel();
              }
              made.add(new Painter(size, 5, 6));
              return made.get(made.size() - 1);
            },
            5,
            notes::add);
    try (EngineWork all = work[0]) {
      render(5, all::run);
    }
    assertThat(made).hasSize(2);
    assertThat(made.get(1).cancelled.getCount()).isZero();
  }

  @Test
  void oneEnginesFailureEndsTheOthers() {
    CountDownLatch started = new CountDownLatch(1);
    Painter waiting =
        new Painter(1, 1, 2) {
          @Override
          public void collect(ByteBuffer pixels) {
            started.countDown();
            while (super.cancelled.getCount() > 0) {
              Thread.onSpinWait(); // as in a native call, which no interruption ends
            }
            throw new EngineException(Code.CANCELLED, "cancelled");
          }
        };
    Painter failing =
        new Painter(1, 1, 2) {
          @Override
          public void submit(List<Frame> frames) {
            try {
              started.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            throw new EngineException(Code.DEVICE, "cuda:1 is lost");
          }
        };
    try (EngineWork first = new EngineWork(size -> waiting, 1, notes::add);
        EngineWork second = new EngineWork(size -> failing, 1, notes::add)) {
      assertThatThrownBy(
              () ->
                  render(
                      1,
                      queue ->
                          Parallel.run(
                              List.of(() -> first.run(queue), () -> second.run(queue)),
                              () -> List.of(first, second).forEach(EngineWork::cancel))))
          .hasMessage("cuda:1 is lost" + GO_ON);
    }
    assertThat(open).isZero();
    assertThat(temp.toFile().list()).as("no video").doesNotContain("v.avi");
  }
}
