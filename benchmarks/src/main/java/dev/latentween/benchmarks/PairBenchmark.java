package dev.latentween.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
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
 * machine with other work: two threads that wait for each other at every barrier do not. On a GPU
 * it is the clock, over evaluations that are queued one behind the other and waited for at the end.
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

  /** How long a side computes on a GPU before it is waited for. */
  private static final double QUEUED_MILLIS = 20;

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  /** Milliseconds of one evaluation; JMH writes them beside the iteration's own time. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Times {
    public double ours;
    public double libTorch;
  }

  private Pair pair;
  private int evaluations; // of a side before it is the other's turn
  private int turns;
  private boolean oursFirst;

  /** Makes both sides. */
  abstract Pair newPair();

  /** Refuses to time two sides that do not compute the same. */
  @Setup
  public void setUp() {
    pair = newPair();
    pair.check();
    evaluations = 1;
    double once = Math.max(millis(pair::ours), millis(pair::libTorch));
    evaluations = Target.CUDA ? (int) Math.ceil(QUEUED_MILLIS / once) : 1;
    turns = (int) Math.ceil(MIN_MILLIS / (once * evaluations));
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
        ours += millis(pair::ours);
      }
      libTorch += millis(pair::libTorch);
      if (!oursFirst) {
        ours += millis(pair::ours);
      }
    }
    times.ours = ours / turns;
    times.libTorch = libTorch / turns;
  }

  private double millis(IntConsumer side) {
    long begin = clock();
    side.accept(evaluations);
    return (clock() - begin) / 1e6 / evaluations;
  }

  /** Nanoseconds: of this thread's own time if it works alone, or else those of the clock. */
  private static long clock() {
    boolean alone = Target.THREADS == 1 && !Target.CUDA;
    return alone ? CPU.getCurrentThreadCpuTime() : System.nanoTime();
  }
}
