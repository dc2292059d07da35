package dev.latentween.cli;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Fp8;
import dev.latentween.engine.FrameRenderer;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelSource;
import dev.latentween.engine.RenderJob;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import dev.latentween.settings.UserError;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The devices of one render: each has the model, and all take frames from one queue. */
final class Engines implements AutoCloseable {
  private final List<Engine> engines = Collections.synchronizedList(new ArrayList<>());
  private final List<Model> models = Collections.synchronizedList(new ArrayList<>());
  private final List<EngineWork> works = Collections.synchronizedList(new ArrayList<>());
  private final ModelSource source;
  private final Settings settings;
  private final ByteBuffer initRgb;

  private Engines(ModelSource source, Settings settings, ByteBuffer initRgb) {
    this.source = source;
    this.settings = settings;
    this.initRgb = initRgb;
  }

  /**
   * Opens the devices and loads the model onto each, side by side.
   *
   * @param notes told what the user should know
   */
  static Engines open(
      List<String> devices,
      ModelSource source,
      Settings settings,
      ByteBuffer initRgb,
      Consumer<String> notes) {
    Engines all = new Engines(source, settings, initRgb);
    boolean opened = false;
    try {
      for (String device : devices) {
        all.engines.add(Engine.open(device, 0)); // one by one: names that are wrong fail soon
      }
      inParallel(all.engines, engine -> all.models.add(fitting(() -> source.load().apply(engine))));
      if (settings.precision() == Precision.FP8) {
        Fp8 fp8 = Fp8.ofUser(notes);
        String identity = source.identity().get();
        for (Model model : all.models) {
          fitting(
              () -> {
                fp8.turn(model, identity);
                return model;
              });
        }
      }
      opened = true;
      return all;
    } finally {
      if (!opened) {
        all.close();
      }
    }
  }

  /** Frames that fit into every engine at once, at most so many and at least one. */
  int largestBatch(int limit) {
    int largest = limit;
    for (Model model : models) {
      largest =
          Math.min(
              largest,
              fitting(
                  () ->
                      RenderJob.largestBatch(model, source.tokenIds(), settings, limit, initRgb)));
    }
    return Math.max(1, largest);
  }

  /**
   * Encodes the prompts and plans memory.
   *
   * @param notes told when memory does not suffice for the batch and it gets smaller
   * @return frames at once, at most
   */
  int prepare(int batch, Consumer<String> notes) {
    inParallel(models, model -> works.add(new EngineWork(size -> job(model, size), batch, notes)));
    return works.stream().mapToInt(EngineWork::batch).max().orElseThrow();
  }

  private FrameRenderer job(Model model, int batch) {
    return fitting(() -> RenderJob.create(model, source.tokenIds(), settings, batch, initRgb));
  }

  /** Renders what is in the queue. */
  void render(FrameQueue queue) {
    Parallel.run(
        works.stream().map(work -> (Runnable) () -> work.run(queue)).toList(),
        () -> works.forEach(EngineWork::cancel));
  }

  /** The most memory that any engine has held. */
  long peakBytes() {
    return engines.stream().mapToLong(Engine::peakBytes).max().orElseThrow();
  }

  private static <T> void inParallel(List<T> all, Consumer<T> work) {
    Parallel.run(all.stream().map(one -> (Runnable) () -> work.accept(one)).toList(), () -> {});
  }

  /** What the engine rejects when it is made does not fit the model: the user chose both. */
  private static <T> T fitting(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new UserError(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    works.forEach(EngineWork::close);
    models.forEach(Model::close);
    engines.forEach(Engine::close);
  }
}
