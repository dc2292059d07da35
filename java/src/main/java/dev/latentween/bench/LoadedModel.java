package dev.latentween.bench;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Fp8;
import dev.latentween.engine.Model;
import dev.latentween.engine.RenderJob;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;

/** The subject on a device. */
final class LoadedModel implements AutoCloseable {
  final String device;
  final Subject subject;
  final Engine engine;
  final Model model;
  final double deviceMillis;
  final double weightsMillis;

  /**
   * @param notes told what the user should know
   */
  LoadedModel(String device, Subject subject, Consumer<String> notes) {
    this.device = device;
    this.subject = subject;
    long begin = System.nanoTime();
    engine = Engine.open(device, 0);
    deviceMillis = millisSince(begin);
    try {
      begin = System.nanoTime();
      model = loaded(notes);
      weightsMillis = millisSince(begin);
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private Model loaded(Consumer<String> notes) {
    Model loaded = subject.load(engine);
    if (subject.precision() == Precision.FP8) {
      try {
        Fp8.ofUser(notes).turn(loaded, subject.identity());
      } catch (RuntimeException e) {
        loaded.close();
        throw e;
      }
    }
    return loaded;
  }

  /** What weights and activations are stored as. */
  String precision() {
    return onCpu() ? "float32" : subject.precision() == Precision.FP8 ? "fp8" : "float16";
  }

  boolean onCpu() {
    return device.equals("cpu");
  }

  RenderJob job(Settings settings, int batch) {
    return RenderJob.create(model, subject::tokenIds, settings, batch, null);
  }

  int largestBatch(int limit) {
    return RenderJob.largestBatch(model, subject::tokenIds, subject.settings(), limit, null);
  }

  /** The frames of the work, more than anybody renders. */
  List<Frame> frames() {
    return FramePlan.of(subject.settings()).frames();
  }

  /** Room for a batch. */
  ByteBuffer buffer(RenderJob job, int batch) {
    return ByteBuffer.allocateDirect(Math.toIntExact(batch * job.frameBytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  @Override
  public void close() {
    model.close();
    engine.close();
  }
}
