package dev.latentween.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A computation by the engine and the same by LibTorch, in turns in one process: what else the
 * machine does then falls on both, and the ratio stays what it is.
 *
 * <p>By default each side has one thread and its CPU time is taken, so that the figures hold on a
 * machine with other work: two threads that wait for each other at every barrier do not.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@Fork(1)
@State(Scope.Benchmark)
public abstract class PairBenchmark {
  /** How long one iteration evaluates each side, at least. */
  private static final double MIN_MILLIS = 100;

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  /** Milliseconds of one evaluation; JMH writes them beside the iteration's own time. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Times {
    public double ours;
    public double libTorch;
  }

  private Pair pair;
  private int turns;
  private boolean oursFirst;

  /** Makes both sides. */
  abstract Pair newPair();

  /** Refuses to time two sides that do not compute the same. */
  @Setup
  public void setUp() {
    pair = newPair();
    pair.check();
    double once = Math.max(millis(pair::runOurs), millis(pair::runLibTorch));
    turns = (int) Math.ceil(MIN_MILLIS / once);
  }

  @TearDown
  public void tearDown() {
    pair.close();
  }

  @Benchmark
  public void inTurns(Times times) {
    double ours = 0;
    double libTorch = 0;
    for (int i = 0; i < turns; i++) {
      oursFirst = !oursFirst;
      if (oursFirst) {
        ours += millis(pair::runOurs);
      }
      libTorch += millis(pair::runLibTorch);
      if (!oursFirst) {
        ours += millis(pair::runOurs);
      }
    }
    times.ours = ours / turns;
    times.libTorch = libTorch / turns;
  }

  private static double millis(Runnable body) {
    long begin = clock();
    body.run();
    return (clock() - begin) / 1e6;
  }

  /** Nanoseconds: of this thread's own time if it works alone, or else those of the clock. */
  private static long clock() {
    return Pair.THREADS == 1 ? CPU.getCurrentThreadCpuTime() : System.nanoTime();
  }
}
