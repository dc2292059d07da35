package dev.latentween.bench;

import dev.latentween.engine.Engine;
import dev.latentween.engine.Model;
import dev.latentween.engine.ModelParts;
import dev.latentween.engine.RenderJob;
import dev.latentween.model.ModelConfig;
import dev.latentween.schedule.Frame;
import dev.latentween.settings.NoiseDevice;
import dev.latentween.settings.Precision;
import dev.latentween.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Whether a device computes what it should: rates of wrong pictures are worth nothing. A UNet
 * evaluation and a decoded picture of fixed inputs are compared with the CPU's, and frames of a
 * batch with the same frames alone.
 */
final class PictureGate {
  /** Of docs/numerics.md: a network in float32, in float16 and in fp8. */
  private static final double TOLERANCE_FLOAT32 = 1e-4;

  private static final double TOLERANCE_FLOAT16 = 5e-3;
  private static final double TOLERANCE_FP8 = 0.1;

  /** The CPU's results for the random weights; see GateReference among the tests. */
  static final String STORED = "gate-sd15.f32";

  private static final int LATENT = 8;
  private static final int PICTURE_LATENT = 4;
  private static final int STEPS = 2;

  private PictureGate() {}

  /** Results for fixed inputs: two evaluations of the UNet, and a picture. */
  record Results(float[] noise, float[] picture) {
    static Results of(Model model, ModelConfig config) {
      ModelParts parts = new ModelParts(model);
      int channels = config.unet().inChannels();
      int tokens = config.text().maxPositions();
      long size = 2L * channels * LATENT * LATENT;
      float[][] drawn =
          ModelParts.randn(
              NoiseDevice.CPU,
              1,
              size,
              2L * tokens * config.unet().crossAttentionDim(),
              (long) channels * PICTURE_LATENT * PICTURE_LATENT);
      float[] noise = new float[(int) size];
      parts.unet(2, LATENT, LATENT, tokens, drawn[0], new float[] {800, 100}, drawn[1], noise);
      int side = PICTURE_LATENT << (config.vae().blockOutChannels().length - 1);
      float[] picture = new float[config.vae().outChannels() * side * side];
      parts.decodeLatent(1, PICTURE_LATENT, PICTURE_LATENT, drawn[2], picture);
      return new Results(noise, picture);
    }

    boolean finite() {
      return finite(noise) && finite(picture);
    }

    private static boolean finite(float[] values) {
      for (float value : values) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
      return true;
    }

    /** The larger of the two relative errors; NaN where a value is. */
    double error(Results reference) {
      return Math.max(error(noise, reference.noise), error(picture, reference.picture));
    }

    private static double error(float[] values, float[] reference) {
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < reference.length; i++) {
        difference += Math.pow((double) values[i] - reference[i], 2);
        norm += Math.pow(reference[i], 2);
      }
      return Math.sqrt(difference / norm);
    }
  }

  /** Checks a device, with frames of {@code batch}. */
  static Report.Gate check(LoadedModel loaded, int batch) {
    Results results = Results.of(loaded.model, loaded.subject.config());
    String kind = loaded.subject.synthetic() ? "stored" : loaded.onCpu() ? "none" : "cpu";
    Results reference =
        switch (kind) {
          case "stored" -> stored(results);
          case "cpu" -> onCpu(loaded.subject);
          default -> null;
        };
    return judge(kind, results, reference, tolerance(loaded), sameBits(loaded, batch));
  }

  /**
   * @param reference null for none
   */
  static Report.Gate judge(
      String kind, Results results, Results reference, double tolerance, boolean sameBits) {
    boolean finite = results.finite();
    Double error = finite && reference != null ? results.error(reference) : null;
    return new Report.Gate(kind, error, tolerance, finite, sameBits);
  }

  private static double tolerance(LoadedModel loaded) {
    return loaded.onCpu()
        ? TOLERANCE_FLOAT32
        : loaded.subject.precision() == Precision.FP8 ? TOLERANCE_FP8 : TOLERANCE_FLOAT16;
  }

  private static Results onCpu(Subject subject) {
    try (Engine engine = Engine.open("cpu", 0);
        Model model = subject.load(engine)) {
      return Results.of(model, subject.config());
    }
  }

  private static Results stored(Results like) {
    try (InputStream in = PictureGate.class.getResourceAsStream(STORED)) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      Results stored = new Results(new float[like.noise.length], new float[like.picture.length]);
      bytes.asFloatBuffer().get(stored.noise).get(stored.picture);
      return stored;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Renders a batch, in few steps, and some of its frames alone. */
  private static boolean sameBits(LoadedModel loaded, int batch) {
    Settings settings = loaded.subject.settings(STEPS);
    List<Frame> frames = loaded.frames().subList(0, batch);
    ByteBuffer together;
    int frameBytes;
    try (RenderJob job = loaded.job(settings, batch)) {
      together = loaded.buffer(job, batch);
      frameBytes = (int) job.frameBytes();
      job.render(frames, together);
    }
    try (RenderJob job = loaded.job(settings, 1)) {
      ByteBuffer alone = loaded.buffer(job, 1);
      return sameBits(
          together,
          frameBytes,
          i -> {
            job.render(frames.subList(i, i + 1), alone);
            return alone;
          });
    }
  }

  /** Compares the first, the middle and the last frame of a batch with the same alone. */
  static boolean sameBits(ByteBuffer together, int frameBytes, IntFunction<ByteBuffer> alone) {
    int count = together.capacity() / frameBytes;
    return IntStream.of(0, count / 2, count - 1)
        .allMatch(i -> alone.apply(i).equals(together.slice(i * frameBytes, frameBytes)));
  }
}
