package dev.latentween.bench;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.RenderJob;
import dev.latentween.schedule.Frame;
import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The subject on a device. */
final class LoadedModel implements AutoCloseable {
  final String device;
  final Subject subject;
  final Engine engine;
  final Model model;
  final double deviceMillis;
  final double weightsMillis;

  LoadedModel(String device, Subject subject) {
    this.device = device;
    this.subject = subject;
    long begin = System.nanoTime();
    engine = Engine.open(device, 0);
    deviceMillis = millisSince(begin);
    try {
      begin = System.nanoTime();
      model = subject.load(engine);
      weightsMillis = millisSince(begin);
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
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
