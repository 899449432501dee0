package org.starbeam.benchmark;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks, of this package and of those whose inner loops they time, and prints time,
 * Mpix/s, and the ratio to the copy of one float plane that ran beside each in the same process.
 *
 * <pre>
 *   mvn -Dfast -DskipTests -Pbenchmarks -pl it-tests -am test [-Dbenchmark=Fits]
 * </pre>
 */
public final class Benchmarks {
  private static final String COPY = "memoryCopy";

  private Benchmarks() {}

  /**
   * @param args a regular expression on the class names; none runs all
   */
  public static void main(String[] args) throws Exception {
    String which = args.length == 0 ? "" : args[0];
    var options =
        new OptionsBuilder()
            .include("org\\.starbeam\\..*" + which + ".*")
            .shouldFailOnError(true)
            .verbosity(VerboseMode.NORMAL)
            .build();
    print(new Runner(options).run());
  }

  private static void print(Collection<RunResult> results) {
    Map<String, Double> copies = new TreeMap<>();
    for (RunResult result : results) {
      if (name(result)[1].equals(COPY)) {
        copies.put(name(result)[0], score(result));
      }
    }
    System.out.printf(
        "%-22s %-30s %10s %10s %10s%n", "class", "benchmark", "ms", "Mpix/s", "x copy");
    results.stream()
        .sorted(Comparator.comparing((RunResult r) -> name(r)[0]).thenComparing(r -> name(r)[1]))
        .forEach(r -> print(r, copies));
  }

  private static void print(RunResult result, Map<String, Double> copies) {
    String[] name = name(result);
    double ms = score(result);
    double rate = (double) PixelBenchmark.SIZE * PixelBenchmark.SIZE / (1e3 * ms);
    double ratio = ms / copies.getOrDefault(name[0], Double.NaN);
    System.out.printf(
        Locale.ROOT, "%-22s %-30s %10.3f %10.1f %10.1f%n", name[0], name[1], ms, rate, ratio);
  }

  private static double score(RunResult result) {
    return result.getPrimaryResult().getScore();
  }

  /** Simple class name and method. */
  private static String[] name(RunResult result) {
    String[] parts = result.getParams().getBenchmark().split("\\.");
    return new String[] {parts[parts.length - 2], parts[parts.length - 1]};
  }
}
