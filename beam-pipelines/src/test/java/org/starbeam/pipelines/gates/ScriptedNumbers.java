package org.starbeam.pipelines.gates;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run made up for a test: a camera of detectors, visits, what they measured, what failed. */
final class ScriptedNumbers implements GateNumbers {
  private static final int VISITS_PER_NIGHT = 10;

  private final int detectors;
  private final int visits;
  private final Map<String, List<Sample>> samples = new LinkedHashMap<>();
  private final List<Sample> runMetrics = new ArrayList<>();
  private final Map<String, long[]> counts = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();

  ScriptedNumbers(int detectors, int visits) {
    this.detectors = detectors;
    this.visits = visits;
    task("singleFrame");
  }

  int size() {
    return detectors * visits;
  }

  Unit unit(int index) {
    long visit = index / detectors;
    long night = 20250501 + visit / VISITS_PER_NIGHT;
    return new Unit(visit, (long) (index % detectors), night, visit % 4, null, "r");
  }

  /** A task with one quantum for each detector of each visit, all done. */
  ScriptedNumbers task(String task) {
    counts.put(task, new long[] {size(), 0, 0, 0, 0});
    return this;
  }

  ScriptedNumbers fail(
      String task, int index, String errorClass, String code, @Nullable String signature) {
    return problem(task, index, "FAILED", errorClass, code, signature, "");
  }

  ScriptedNumbers block(String task, int index, String rootCause) {
    return problem(task, index, "BLOCKED", null, null, null, rootCause);
  }

  private ScriptedNumbers problem(
      String task,
      int index,
      String status,
      @Nullable String errorClass,
      @Nullable String code,
      @Nullable String signature,
      String rootCauses) {
    long[] count = counts.get(task);
    count[0]--;
    count[status.equals("FAILED") ? 1 : 2]++;
    String dataId = unit(index).toString();
    problems.add(
        new Problem(
            task,
            dataId,
            status,
            errorClass,
            code,
            code,
            code,
            signature,
            rootCauses,
            unit(index)));
    return this;
  }

  ScriptedNumbers degraded(String task, int number) {
    counts.get(task)[3] += number;
    return this;
  }

  ScriptedNumbers open(String task, int number) {
    counts.get(task)[4] += number;
    return this;
  }

  /** A value of every detector of every visit. */
  ScriptedNumbers detector(String name, java.util.function.IntToDoubleFunction value) {
    for (int i = 0; i < size(); i++) {
      samples
          .computeIfAbsent("detector." + name, n -> new ArrayList<>())
          .add(new Sample(name, value.applyAsDouble(i), 1, null, unit(i)));
    }
    return this;
  }

  ScriptedNumbers run(String name, String band, double value, long n, @Nullable Double err) {
    Sample sample = new Sample(name, value, n, err, new Unit(null, null, null, null, null, band));
    runMetrics.add(sample);
    samples.computeIfAbsent("run." + name, k -> new ArrayList<>()).add(sample);
    return this;
  }

  @Override
  public List<Sample> samples(String level, String name, Map<String, List<String>> where) {
    return samples.getOrDefault(level + "." + name, List.of()).stream()
        .filter(s -> passes(s, where))
        .toList();
  }

  private static boolean passes(Sample sample, Map<String, List<String>> where) {
    List<String> bands = where.get("band");
    return bands == null || bands.contains(sample.unit().band());
  }

  @Override
  public List<Sample> runMetrics(Map<String, List<String>> where) {
    return runMetrics.stream().filter(s -> passes(s, where)).toList();
  }

  @Override
  public List<TaskCounts> tasks() {
    return counts.entrySet().stream()
        .map(
            e -> {
              long[] c = e.getValue();
              return new TaskCounts("step1", e.getKey(), c[0], c[1], c[2], c[3], c[4]);
            })
        .toList();
  }

  @Override
  public List<Problem> problems(int most) {
    return problems.stream().limit(most).toList();
  }

  @Override
  public List<Unit> units(String task) {
    return java.util.stream.IntStream.range(0, size()).mapToObj(this::unit).toList();
  }
}
