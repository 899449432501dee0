package org.starbeam.pipelines.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.plan.CostModel.TaskCost;

/**
 * Simulates the run of a plan on a number of slots, event by event (specs/05 section 6.8). Quanta
 * are handed out in packages; their run times are lognormal about the cost model. A task begins
 * when all tasks that it gathers from have ended, because a gather of bounded input is complete
 * only then; with barriers, when the whole step before has. A package whose quanta need more memory
 * than a slot has takes several slots. Of packages that could begin, one of the latest task is
 * taken.
 */
public final class ScheduleSimulation {
  /** Packages of a task: so many that slots wait little for the last ones. */
  private static final int PACKAGES_PER_SLOT = 40;

  private static final int FEWEST_PACKAGES = 20_000;
  private static final int MOST_PACKAGES = 2_000_000;

  /** Packages of a task where slots do not count: each stands for quanta side by side. */
  private static final int SIDE_BY_SIDE = 2_000;

  private static final int UNLIMITED = Integer.MAX_VALUE;

  private static final int TIME_BINS = 120;

  /**
   * How it is run.
   *
   * @param slots quanta at a time
   * @param barriers true when a step waits for the end of the step before
   * @param sigma scatter of the logarithm of run times; negative takes that of the cost model
   * @param slotMemoryBytes memory of a slot; 0 is enough for everything
   * @param bytesPerSecond that the storage takes from all slots together; 0 is enough
   * @param overheadSeconds of a quantum beside its CPU time
   * @param seed of the run times
   */
  public record Config(
      int slots,
      boolean barriers,
      double sigma,
      double slotMemoryBytes,
      double bytesPerSecond,
      double overheadSeconds,
      long seed) {
    public static Config ofSlots(int slots) {
      return new Config(slots, false, -1, 0, 0, 0, 1);
    }

    /** The same with run times that are exactly those of the cost model. */
    public Config exact() {
      return new Config(slots, barriers, 0, slotMemoryBytes, bytesPerSecond, overheadSeconds, seed);
    }

    /** The same on another number of slots. */
    public Config at(int other) {
      return new Config(
          other, barriers, sigma, slotMemoryBytes, bytesPerSecond, overheadSeconds, seed);
    }
  }

  /** When a task ran. */
  public record Span(String task, double beginSeconds, double endSeconds, double busySeconds) {}

  /**
   * What came out.
   *
   * @param utilisation share of the slots' time that was used
   * @param usedSlots mean number of used slots in equal parts of the makespan
   * @param peakBytes largest amount stored at a time, by retention class
   * @param criticalPath tasks that one after the other decided the end
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Result(
      int slots,
      double makespanSeconds,
      double utilisation,
      double[] usedSlots,
      Map<String, Double> peakBytes,
      List<Span> spans,
      List<String> criticalPath) {}

  /** A task of the plan in the simulation. */
  private static final class Stage {
    private final int index;
    private final String name;
    private final String step;
    private final double[] seconds;
    private final int permits;
    private final Map<String, Double> bytesPerPackage = new HashMap<>();
    private final List<Stage> upstream = new ArrayList<>();
    private final List<Stage> downstream = new ArrayList<>();
    private int released;
    private int finished;
    private double begin = Double.POSITIVE_INFINITY;
    private double end;
    private double busy;
    private Stage last = this;

    Stage(int index, String name, String step, double[] seconds, int permits) {
      this.index = index;
      this.name = name;
      this.step = step;
      this.seconds = seconds;
      this.permits = permits;
    }

    boolean isDone() {
      return finished == seconds.length;
    }
  }

  /** A package that runs, or one that could. */
  private record Event(double time, Stage stage, int number) {}

  private final Plan plan;
  private final CostModel costs;
  private final Config config;
  private final List<Stage> stages = new ArrayList<>();
  private final Map<String, Double> stored = new TreeMap<>();
  private final Map<String, Double> peak = new TreeMap<>();
  private final List<double[]> intervals = new ArrayList<>();

  private ScheduleSimulation(Plan plan, CostModel costs, Config config) {
    this.plan = plan;
    this.costs = costs;
    this.config = config;
  }

  /** Simulates a run. */
  public static Result run(Plan plan, CostModel costs, Config config) {
    return new ScheduleSimulation(plan, costs, config).run();
  }

  /** The makespan that no number of slots can beat. */
  public static double criticalSeconds(Plan plan, CostModel costs, Config config) {
    Config unlimited =
        new Config(
            UNLIMITED,
            config.barriers(),
            config.sigma(),
            0,
            0,
            config.overheadSeconds(),
            config.seed());
    return run(plan, costs, unlimited).makespanSeconds();
  }

  /**
   * The smallest number of slots that ends by a deadline; 0 when none does.
   *
   * @param deadlineSeconds from the beginning
   */
  public static int slotsFor(Plan plan, CostModel costs, Config config, double deadlineSeconds) {
    if (criticalSeconds(plan, costs, config) > deadlineSeconds) {
      return 0;
    }
    int low = 0;
    int high = 1;
    while (run(plan, costs, config.at(high)).makespanSeconds() > deadlineSeconds) {
      low = high;
      high *= 2;
    }
    while (high - low > Math.max(1, high / 200)) {
      int middle = (low + high) >>> 1;
      if (run(plan, costs, config.at(middle)).makespanSeconds() > deadlineSeconds) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  private Result run() {
    makeStages();
    PriorityQueue<Event> running =
        new PriorityQueue<>(
            Comparator.comparingDouble(Event::time)
                .thenComparingInt(e -> e.stage().index)
                .thenComparingInt(Event::number));
    PriorityQueue<Event> ready =
        new PriorityQueue<>(
            Comparator.comparingInt((Event e) -> -e.stage().index).thenComparingInt(Event::number));
    stages.forEach(stage -> release(stage, 0, ready));
    long free = config.slots();
    double now = 0;
    while (true) {
      free = begin(now, free, ready, running);
      Event event = running.poll();
      if (event == null) {
        break;
      }
      now = event.time();
      free += permits(event.stage());
      finish(event, now, ready);
    }
    return result(now);
  }

  private long permits(Stage stage) {
    return Math.min(stage.permits, config.slots());
  }

  private long begin(
      double now, long free, PriorityQueue<Event> ready, PriorityQueue<Event> running) {
    List<Event> waiting = new ArrayList<>();
    long left = free;
    while (left > 0 && !ready.isEmpty() && waiting.size() < 64) {
      Event next = ready.poll();
      Stage stage = next.stage();
      if (permits(stage) > left) {
        waiting.add(next);
        continue;
      }
      left -= permits(stage);
      double seconds = stage.seconds[next.number()];
      stage.begin = Math.min(stage.begin, now);
      stage.busy += seconds;
      intervals.add(new double[] {now, now + seconds, permits(stage)});
      running.add(new Event(now + seconds, stage, next.number()));
    }
    ready.addAll(waiting);
    return left;
  }

  private void finish(Event event, double now, PriorityQueue<Event> ready) {
    Stage stage = event.stage();
    stage.finished++;
    stage.end = now;
    stage.bytesPerPackage.forEach(
        (name, bytes) -> {
          double sum = stored.merge(name, bytes, Double::sum);
          peak.merge(name, sum, Math::max);
        });
    if (stage.isDone()) {
      stage.upstream.forEach(this::freeIntermediates);
    }
    if (stage.isDone()) {
      for (Stage next : stage.downstream) {
        if (release(next, now, ready)) {
          next.last = stage;
        }
      }
    }
  }

  /** Intermediates of a task go when everything that reads them has ended. */
  private void freeIntermediates(Stage stage) {
    if (stage.isDone() && stage.downstream.stream().allMatch(Stage::isDone)) {
      Double bytes = stage.bytesPerPackage.get("intermediate");
      if (bytes != null) {
        stored.merge("intermediate", -bytes * stage.seconds.length, Double::sum);
      }
    }
  }

  /** Makes a task ready whose inputs are there; true when it became so. */
  private static boolean release(Stage stage, double now, PriorityQueue<Event> ready) {
    if (stage.released > 0 || !stage.upstream.stream().allMatch(Stage::isDone)) {
      return false;
    }
    while (stage.released < stage.seconds.length) {
      ready.add(new Event(now, stage, stage.released++));
    }
    return true;
  }

  private void makeStages() {
    Map<String, Stage> byName = new HashMap<>();
    for (Plan.Task task : plan.tasks()) {
      Stage stage = stage(task, byName.size());
      byName.put(task.name(), stage);
      stages.add(stage);
      for (String input : task.inputs()) {
        link(byName.get(input), stage);
      }
    }
    if (config.barriers()) {
      for (Stage stage : stages) {
        for (Stage earlier : stages) {
          if (earlier.index < stage.index && !earlier.step.equals(stage.step)) {
            link(earlier, stage);
          }
        }
      }
    }
  }

  private static void link(@Nullable Stage from, Stage to) {
    if (from != null) {
      to.upstream.add(from);
      from.downstream.add(to);
    }
  }

  private Stage stage(Plan.Task task, int index) {
    TaskCost cost = costs.of(task.name());
    long quanta = task.quanta();
    int packages = (int) Math.min(packages(), quanta);
    double[] seconds = new double[packages];
    SplittableRandom random = new SplittableRandom(config.seed() * 1_000 + index);
    double sigma = config.sigma() < 0 ? cost.sigma() : config.sigma();
    long done = 0;
    int at = 0;
    for (Map.Entry<Integer, Long> e : task.n().counts().entrySet()) {
      double median = cost.cpuSeconds().at(e.getKey()) + config.overheadSeconds();
      double seconds1 = Math.max(median, io(cost, e.getKey()));
      for (long k = e.getValue(); k > 0; ) {
        long end = (at + 1L) * quanta / packages;
        long in = Math.min(k, end - done);
        if (config.slots() == UNLIMITED) {
          double longest = Math.sqrt(2 * Math.log(Math.max(1, in)));
          seconds[at] = Math.max(seconds[at], seconds1 * Math.exp(sigma * longest));
        } else {
          seconds[at] += cost.workShare() * lognormalSum(seconds1, sigma, in, random);
        }
        done += in;
        k -= in;
        if (done == end && at < packages - 1) {
          at++;
        }
      }
    }
    shuffle(seconds, random);
    double memory = task.memoryBytes(cost);
    int permits =
        config.slotMemoryBytes() <= 0
            ? 1
            : (int) Math.max(1, Math.ceil(memory / config.slotMemoryBytes()));
    Stage stage = new Stage(index, task.name(), task.step(), seconds, permits);
    task.writtenBytes(cost)
        .forEach((name, bytes) -> stage.bytesPerPackage.put(name, bytes / packages));
    return stage;
  }

  private int packages() {
    if (config.slots() == UNLIMITED) {
      return SIDE_BY_SIDE;
    }
    long wanted = (long) PACKAGES_PER_SLOT * config.slots();
    return (int) Math.max(FEWEST_PACKAGES, Math.min(MOST_PACKAGES, wanted));
  }

  /** Seconds that writing takes when all slots write at a time. */
  private double io(TaskCost cost, int n) {
    if (config.bytesPerSecond() <= 0) {
      return 0;
    }
    double bytes = cost.writtenBytes().values().stream().mapToDouble(l -> l.at(n)).sum();
    return bytes * config.slots() / config.bytesPerSecond();
  }

  /** Sum of {@code count} lognormal times of a median; of many by their mean and scatter. */
  private static double lognormalSum(
      double median, double sigma, long count, SplittableRandom random) {
    if (count <= 16) {
      double sum = 0;
      for (long i = 0; i < count; i++) {
        sum += median * Math.exp(sigma * gaussian(random));
      }
      return sum;
    }
    double mean = median * Math.exp(sigma * sigma / 2);
    double scatter = mean * Math.sqrt(Math.expm1(sigma * sigma));
    return Math.max(0, count * mean + Math.sqrt(count) * scatter * gaussian(random));
  }

  private static double gaussian(SplittableRandom random) {
    return Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
        * Math.cos(2 * Math.PI * random.nextDouble());
  }

  private static void shuffle(double[] values, SplittableRandom random) {
    for (int i = values.length - 1; i > 0; i--) {
      int k = random.nextInt(i + 1);
      double swap = values[i];
      values[i] = values[k];
      values[k] = swap;
    }
  }

  private Result result(double makespan) {
    double[] used = new double[TIME_BINS];
    double busy = 0;
    double width = makespan / TIME_BINS;
    for (double[] interval : intervals) {
      busy += (interval[1] - interval[0]) * interval[2];
      int from = (int) Math.min(TIME_BINS - 1, interval[0] / width);
      int to = (int) Math.min(TIME_BINS - 1, interval[1] / width);
      for (int bin = from; bin <= to; bin++) {
        double overlap =
            Math.min(interval[1], (bin + 1) * width) - Math.max(interval[0], bin * width);
        used[bin] += Math.max(0, overlap) / width * interval[2];
      }
    }
    List<Span> spans = stages.stream().map(s -> new Span(s.name, s.begin, s.end, s.busy)).toList();
    double utilisation = makespan == 0 ? 0 : busy / makespan / config.slots();
    return new Result(
        config.slots(), makespan, utilisation, used, new TreeMap<>(peak), spans, criticalPath());
  }

  /** From the task that ended last back by what each waited for last. */
  private List<String> criticalPath() {
    List<String> path = new ArrayList<>();
    Stage stage = stages.stream().max(Comparator.comparingDouble(s -> s.end)).orElse(null);
    while (stage != null) {
      path.add(0, stage.name);
      stage = stage.last == stage ? null : stage.last;
    }
    return path;
  }
}
