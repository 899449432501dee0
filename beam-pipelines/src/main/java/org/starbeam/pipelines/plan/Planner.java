package org.starbeam.pipelines.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.plan.PlannedVisit.Outline;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.step2.PhotometricSolveTask;
import org.starbeam.transforms.step2.StarMotionTask;
import org.starbeam.transforms.step3.MeasureObjectsTask;

/**
 * Counts the quanta of a campaign by task, as the graph will make them when all goes well: with the
 * graph's own routing functions, from the outlines of the detectors. Visits stream through; the
 * memory is that of the sky they cover.
 *
 * <p>Where outlines are known from headers only, the pointing may be off by a margin; then each
 * task also has the least and the most quanta that it can have. What depends on pixels (which bins
 * of a patch hold an object, which inputs a coadd refuses) is an estimate.
 */
public final class Planner {
  /**
   * @param threads that count
   * @param marginArcsec how far off the outlines may be; 0 when they were measured
   * @param byMonth true when stars are gathered by month
   * @param binsPerPatch bins of a patch that hold an object, see {@link CostModel}
   * @param known quanta of tasks that a run has decided, where pixels decide
   * @param tasks stages that the campaign runs
   * @param tracts tracts that are made; empty for all
   */
  public record Config(
      int threads,
      double marginArcsec,
      boolean byMonth,
      double binsPerPatch,
      Map<String, Long> known,
      Set<String> tasks,
      Set<Integer> tracts) {
    public Config {
      known = Map.copyOf(known);
      tasks = Set.copyOf(tasks);
      tracts = Set.copyOf(tracts);
    }
  }

  /** A quantum that comes before the visits: ingest and calibrations. */
  public record Early(String task, String dataId, int n) {}

  private static final int BINS_OF_PATCH =
      MeasureObjectsTask.bins(RingsSkyMap.defaults().tract(0).patchOuterBox(0)).size();

  private final Config config;
  private final List<Early> early;
  private final VisitSource visits;

  public Planner(Config config, List<Early> early, VisitSource visits) {
    this.config = config;
    this.early = List.copyOf(early);
    this.visits = visits;
  }

  /** Counts all quanta. */
  public Plan plan() {
    SkyCounts sky = sky(0);
    Map<String, Histogram> counts = new HashMap<>();
    quanta(sky, (task, id, n) -> counts.computeIfAbsent(task, t -> new Histogram()).add(n));
    boolean certain = config.marginArcsec() == 0;
    Map<String, Long> least = certain ? Map.of() : totals(sky(-config.marginArcsec()));
    Map<String, Long> most = certain ? Map.of() : totals(sky(config.marginArcsec()));
    List<Plan.Task> tasks = new ArrayList<>();
    for (TaskGraph.Stage stage : TaskGraph.all()) {
      Histogram n = counts.get(stage.name());
      if (n != null) {
        long low = least.getOrDefault(stage.name(), n.quanta());
        long high = most.getOrDefault(stage.name(), n.quanta());
        tasks.add(task(stage, n, Math.min(low, n.quanta()), Math.max(high, n.quanta())));
      }
    }
    return new Plan(tasks);
  }

  /** Of some tasks only pixels tell how many quanta they have. */
  private Plan.Task task(TaskGraph.Stage stage, Histogram n, long least, long most) {
    Long known = config.known().get(stage.name());
    if (known != null && known != n.quanta()) {
      Histogram counted = new Histogram();
      counted.add(n.quantile(0.5), known);
      return new Plan.Task(stage.step(), stage.name(), counted, known, known);
    }
    if (known == null && stage.name().equals("measureObjects")) {
      return new Plan.Task(
          stage.step(),
          stage.name(),
          n,
          0,
          (long) Math.ceil(most / config.binsPerPatch() * BINS_OF_PATCH));
    }
    return new Plan.Task(stage.step(), stage.name(), n, least, most);
  }

  private Map<String, Long> totals(SkyCounts sky) {
    Map<String, Long> out = new LinkedHashMap<>();
    sky.quanta((task, id, n) -> out.merge(task, 1L, Long::sum), config.binsPerPatch());
    return out;
  }

  /** Writes the list of all quanta to a Parquet file; returns their number. */
  public long write(Path file, CostModel costs) {
    return QuantaFile.write(file, this, costs);
  }

  /** Hands over task and data id of every quantum. */
  public void list(BiConsumer<String, Supplier<String>> each) {
    quanta((task, id, n) -> each.accept(task, id));
  }

  /** Hands over every quantum, one by one: early ones, then by visit, then by place of the sky. */
  void quanta(QuantumSink sink) {
    quanta(sky(0), sink);
  }

  private void quanta(SkyCounts sky, QuantumSink all) {
    QuantumSink sink =
        (task, id, n) -> {
          if (config.tasks().contains(task)) {
            all.quantum(task, id, n);
          }
        };
    early.forEach(e -> sink.quantum(e.task(), e::dataId, e.n()));
    for (int i = 0; i < visits.size(); i++) {
      visit(visits.get(i), sink);
    }
    bands(sink);
    sky.quanta(sink, config.binsPerPatch());
    if (config.tasks().contains(StarMotionTask.NAME)) {
      sky.motions(sink);
    }
    if (visits.size() > 0) {
      sink.quantum("runMetrics", () -> "name=run", visits.size());
    }
  }

  /** One solve of zero points for the visits of a band, or for those of one month. */
  private void bands(QuantumSink sink) {
    Map<String, Integer> detectors = new TreeMap<>();
    for (int i = 0; i < visits.size(); i++) {
      PlannedVisit visit = visits.get(i);
      String month = config.byMonth() ? ",name=m" + visit.month() : "";
      detectors.merge(
          "instrument=" + visit.instrument() + ",band=" + visit.band() + month,
          visit.detectors().size(),
          Integer::sum);
    }
    detectors.forEach((id, n) -> sink.quantum(PhotometricSolveTask.NAME, () -> id, n));
  }

  private static void visit(PlannedVisit visit, QuantumSink sink) {
    String id = "instrument=" + visit.instrument() + ",visit=" + visit.number();
    for (String task :
        List.of("singleFrame", "finalVisit", "diffim", "forcedOnObjects", "forcedOnDiaObjects")) {
      for (Outline outline : visit.detectors()) {
        sink.quantum(task, () -> id + ",detector=" + outline.detector(), outline.kilopixels());
      }
    }
    for (String task : List.of("visitSummary", "astrometricSolve", "visitTables", "metrics")) {
      sink.quantum(task, () -> id, visit.detectors().size());
    }
  }

  /** Counts of the sky with outlines that reach {@code margin} arcsec further. */
  private SkyCounts sky(double margin) {
    int threads = Math.max(1, Math.min(config.threads(), visits.size()));
    List<Callable<SkyCounts>> parts = new ArrayList<>();
    for (int part = 0; part < threads; part++) {
      int from = (int) ((long) part * visits.size() / threads);
      int to = (int) ((part + 1L) * visits.size() / threads);
      parts.add(() -> sky(margin, from, to));
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      SkyCounts all = new SkyCounts(config.byMonth(), config.tracts());
      for (Future<SkyCounts> part : pool.invokeAll(parts)) {
        all.addAll(part.get());
      }
      return all;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while planning", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private SkyCounts sky(double margin, int from, int to) {
    SkyCounts out = new SkyCounts(config.byMonth(), config.tracts());
    for (int i = from; i < to; i++) {
      PlannedVisit visit = visits.get(i);
      boolean placed = false;
      for (Outline outline : visit.detectors()) {
        if (outline.raDeg().length > 0) {
          out.add(visit, outline, margin);
          placed = true;
        }
      }
      if (placed) {
        out.addVisit(visit);
      }
    }
    return out;
  }
}
