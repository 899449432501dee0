package org.starbeam.benchmark;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.starbeam.image.MaskedImage;

/**
 * What the benchmarks share: a frame of 2048 x 2048 pixels and, beside every benchmark in the same
 * run, a copy of one of its float planes, which is the unit of the ratios that {@link Benchmarks}
 * prints.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@SuppressWarnings("NullAway.Init") // set up by JMH
public abstract class PixelBenchmark {
  /** Side of the frame. */
  public static final int SIZE = 2048;

  /** The frame; the benchmarks do not change it. */
  protected MaskedImage frame;

  private float[] target;

  @Setup
  public void makeFrame() {
    frame = Frames.stars(SIZE);
    target = new float[SIZE * SIZE];
    prepare();
  }

  /** Makes what the benchmark needs besides. */
  protected void prepare() {}

  @Benchmark
  public float[] memoryCopy() {
    System.arraycopy(frame.image().data, 0, target, 0, target.length);
    return target;
  }
}
