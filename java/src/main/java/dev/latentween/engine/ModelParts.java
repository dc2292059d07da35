package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.engine.internal.ltw_sample_config;
import dev.latentween.settings.NoiseDevice;
import dev.latentween.settings.Sampler;
import dev.latentween.settings.SigmaSchedule;
import java.util.Arrays;

/**
 * A model's parts one by one over plain arrays: for tests, benchmarks and the curious. Tensors are
 * dense float32 in torch's order (batch, channel, height, width); sizes of latents are the
 * picture's divided by 8.
 */
public final class ModelParts {
  private final Model model;

  public ModelParts(Model model) {
    this.model = model;
  }

  /** Token ids [count, 77] to states [count, 77, hidden], after the final norm. */
  public void encodeText(int[] ids, int count, int clipSkip, float[] states) {
    Native.check(LatentweenC.ltw_text_encode(model.pointer(), ids, count, clipSkip, states));
  }

  /**
   * One evaluation: x [n, in, h, w], timesteps [n], context [n, tokens, width] to out [n, out, h,
   * w].
   */
  public void unet(
      int n, int h, int w, int tokens, float[] x, float[] timesteps, float[] context, float[] out) {
    Native.check(
        LatentweenC.ltw_unet(model.pointer(), n, h, w, tokens, x, timesteps, context, out));
  }

  /**
   * Image [n, 3, h, w] in -1..1 to the posterior's mean and log variance, [n, latent, h/8, w/8]
   * each.
   */
  public void encodeImage(int n, int h, int w, float[] image, float[] mean, float[] logVariance) {
    Native.check(LatentweenC.ltw_vae_encode(model.pointer(), n, h, w, image, mean, logVariance));
  }

  /**
   * Latent [n, latent, h, w], divided by the scaling factor, to image [n, 3, 8h, 8w], about -1..1.
   */
  public void decodeLatent(int n, int h, int w, float[] z, float[] image) {
    Native.check(LatentweenC.ltw_vae_decode(model.pointer(), n, h, w, z, image));
  }

  /** The sigma table: descending, steps + 1 values, the last one 0. */
  public double[] sigmas(SigmaSchedule schedule, int steps) {
    double[] sigmas = new double[steps + 1];
    Native.check(LatentweenC.ltw_sigmas(model.pointer(), NativeEnums.of(schedule), steps, sigmas));
    return sigmas;
  }

  /**
   * torch.randn(counts[0]), torch.randn(counts[1]), ... after manual_seed(seed): an array for each.
   */
  public static float[][] randn(NoiseDevice device, long seed, long... counts) {
    Native.load();
    float[] all = new float[Math.toIntExact(Arrays.stream(counts).sum())];
    Native.check(LatentweenC.ltw_randn(NativeEnums.of(device), seed, counts, counts.length, all));
    float[][] draws = new float[counts.length][];
    int begin = 0;
    for (int i = 0; i < counts.length; i++) {
      int end = begin + (int) counts[i];
      draws[i] = Arrays.copyOfRange(all, begin, end);
      begin = end;
    }
    return draws;
  }

  /**
   * Samples from given noise.
   *
   * @param steps length of the schedule
   * @param runSteps the last so many of them are run
   * @param context conditional and {@code uncond} unconditional text states, [batch, 77, width]
   * @param stepNoise the sampler's draws in order, each of the latents' size
   * @param latents in: standard normal noise, out: the clean latents, [batch, latent, h, w]
   */
  public void sample(
      Sampler sampler,
      SigmaSchedule schedule,
      int steps,
      int runSteps,
      double guidanceScale,
      double ddimEta,
      int batch,
      int h,
      int w,
      float[] context,
      float[] uncond,
      float[] stepNoise,
      int draws,
      float[] latents) {
    try (ltw_sample_config config = new ltw_sample_config()) {
      config
          .batch(batch)
          .height(h)
          .width(w)
          .sampler(NativeEnums.of(sampler))
          .sigma_schedule(NativeEnums.of(schedule))
          .steps(steps)
          .run_steps(runSteps)
          .guidance_scale(guidanceScale)
          .ddim_eta(ddimEta);
      Native.check(
          LatentweenC.ltw_sample(
              model.pointer(), config, context, uncond, stepNoise, draws, latents));
    }
  }
}
