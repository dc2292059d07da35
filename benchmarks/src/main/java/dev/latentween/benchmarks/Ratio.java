package dev.latentween.benchmarks;

import java.util.Arrays;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * What a pair gave.
 *
 * @param ours milliseconds of an evaluation, the median of the iterations; {@code libTorch} too
 * @param ratio ours / LibTorch, the median of the iterations' own ratios
 * @param noise how far the ratio may stray from run to run
 */
record Ratio(String name, double ours, double libTorch, double ratio, double noise) {
  /** Ratios of less than this apart are taken as equal even if the iterations agree better. */
  private static final double LEAST_NOISE = 0.05;

  static boolean isPair(RunResult run) {
    return run.getParams().getParam("what") != null;
  }

  /**
   * @param where what stands behind the name: ratios of one device say nothing of another's
   */
  static Ratio of(RunResult run, String where) {
    String name = run.getParams().getParam("what") + "." + run.getParams().getParam("size") + where;
    return of(name, counter(run, "ours"), counter(run, "libTorch"));
  }

  /** Of each iteration's milliseconds. */
  static Ratio of(String name, double[] ours, double[] libTorch) {
    double[] ratios = new double[ours.length];
    Arrays.setAll(ratios, i -> ours[i] / libTorch[i]);
    return new Ratio(name, median(ours), median(libTorch), median(ratios), noise(ratios));
  }

  private static double[] counter(RunResult run, String name) {
    return run.getBenchmarkResults().stream()
        .map(BenchmarkResult::getIterationResults)
        .flatMap(iterations -> iterations.stream())
        .map(IterationResult::getSecondaryResults)
        .mapToDouble(secondary -> secondary.get(name).getScore())
        .toArray();
  }

  /** Three standard deviations, estimated by the median distance from the median. */
  private static double noise(double[] ratios) {
    double middle = median(ratios);
    double distance = median(Arrays.stream(ratios).map(r -> Math.abs(r - middle)).toArray());
    return Math.max(LEAST_NOISE, 3 * 1.4826 * distance);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
