package org.starbeam.pipelines.observe;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Watches a run through the tails of its ledger segments (specs/05 section 7.1): counts of quanta
 * by task and status, failures by signature, the slowest quanta, rates, costs. It works from any
 * process and host that sees the repository, while the run goes on and after its launcher is gone.
 *
 * <p>Every record is read once: {@link #refresh} costs what was appended since the last call, and
 * what a monitor has learned is kept in {@code cache/monitor/} of the repository, so that the next
 * one starts there. The cache may be deleted at any time.
 *
 * <p>Of two records of one quantum the one with the higher fence counts; of the same fence and
 * worker the one written later; of different workers a terminal one before a running one, else the
 * one that ended later.
 */
public final class RunMonitor {
  private static final int SLOWEST = 20;
  private static final int MOST_SIGNATURES = 2000;
  private static final long RECORDS_WORTH_SAVING = 20_000;

  private final Path root;
  private final String run;
  private final LedgerCursor cursor;
  private final MonitorCache cache;
  private final Map<String, Integer> taskNumbers = new HashMap<>();
  private final Map<String, Integer> windowNumbers = new HashMap<>();
  private final Map<String, Integer> workerNumbers = new HashMap<>();
  private final Map<String, Integer> signatureNumbers = new HashMap<>();
  private final MonitorState learned;
  private long unsaved;

  private RunMonitor(Path root, String run, MonitorCache cache, MonitorState learned) {
    this.root = root;
    this.run = run;
    this.cache = cache;
    this.learned = learned;
    this.cursor = new LedgerCursor(RepositoryPaths.ledger(root, run), learned.segments);
    number(learned.tasks.stream().map(t -> t.task).toList(), taskNumbers);
    number(learned.windows, windowNumbers);
    number(learned.workers, workerNumbers);
    number(learned.signatures.stream().map(s -> s.key).toList(), signatureNumbers);
  }

  private static void number(List<String> names, Map<String, Integer> into) {
    for (int i = 0; i < names.size(); i++) {
      into.put(names.get(i), i);
    }
  }

  /** A monitor of a run, which knows what an earlier monitor has saved. */
  public static RunMonitor open(Path root, String run) {
    MonitorCache cache = new MonitorCache(RepositoryPaths.monitorCache(root, run));
    return new RunMonitor(root, run, cache, cache.load(RepositoryPaths.ledger(root, run)));
  }

  /** Name of the run. */
  public String run() {
    return run;
  }

  /** Root directory of the repository. */
  public Path root() {
    return root;
  }

  /** Reads what was appended to the ledger since the last call; returns the number of records. */
  public synchronized long refresh() {
    try {
      long records = cursor.behind() ? cursor.poll(this::accept) : 0;
      unsaved += records;
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException("ledger of run " + run, e);
    }
  }

  /** Saves what has been learned when that spares the next monitor noticeable work. */
  public synchronized void save() {
    if (unsaved > Math.max(RECORDS_WORTH_SAVING, learned.records / 20)) {
      saveNow();
    }
  }

  /** Saves what has been learned; a repository that cannot be written is left as it is. */
  synchronized void saveNow() {
    if (!Files.isDirectory(RepositoryPaths.run(root, run))) {
      return;
    }
    learned.segments.clear();
    for (int i = 0; i < cursor.segments().size(); i++) {
      learned.segments.put(cursor.segments().get(i), cursor.positions().get(i));
    }
    cache.save(learned);
    unsaved = 0;
  }

  private void accept(QuantumRecord record, int segment, long block, int index) {
    learned.records++;
    LedgerEntry entry = LedgerEntry.of(record);
    QuantumTable table = learned.table();
    long[] id = id(entry.quantumId());
    int row = table.find(id[0], id[1]);
    int worker = number(entry.worker(), learned.workers, workerNumbers);
    int task = task(entry);
    TaskTally tally = learned.tasks.get(task);
    learned.activity.add(entry.startMjd(), entry.endMjd());
    spend(tally, entry, table, row);
    if (row >= 0 && !replaces(entry, worker, row)) {
      return;
    }
    if (row < 0) {
      row = table.add(id[0], id[1], task, entry.dataId());
    } else {
      change(row, -1);
    }
    int signature = entry.failed() || entry.degraded() ? signature(entry) : -1;
    int window = number(entry.window(), learned.windows, windowNumbers);
    table.set(row, entry.status(), entry.degraded(), signature, window, worker);
    table.setPlace(row, segment, block, index);
    table.setTimes(
        row, entry.fence(), Math.max(1, entry.attempt()), entry.startMjd(), entry.endMjd());
    if (entry.status() == QuantumStatus.DONE || entry.status() == QuantumStatus.FAILED) {
      table.setCosts(row, entry.wallSeconds(), entry.cpuSeconds(), entry.peakBytes());
      learned.slowest(row, SLOWEST);
    }
    change(row, 1);
  }

  private boolean replaces(LedgerEntry entry, int worker, int row) {
    QuantumTable table = learned.table();
    if (entry.fence() != table.fence(row)) {
      return entry.fence() > table.fence(row);
    }
    if (worker == table.worker(row)) {
      return true;
    }
    boolean earlierEnded = table.status(row) != QuantumStatus.RUNNING;
    if (entry.fence() > 0 && entry.terminal() != earlierEnded) {
      return entry.terminal();
    }
    return (entry.terminal() ? entry.endMjd() : entry.startMjd())
        >= (earlierEnded ? table.endMjd(row) : table.startMjd(row));
  }

  private int task(LedgerEntry entry) {
    Integer known = taskNumbers.get(entry.task());
    if (known == null) {
      known = learned.tasks.size();
      taskNumbers.put(entry.task(), known);
      learned.tasks.add(new TaskTally(entry.step(), entry.task()));
    }
    return known;
  }

  /**
   * Adds what a record says was spent.
   *
   * @param row the quantum's row as it was before the record, or -1 when it is the first
   */
  private static void spend(TaskTally tally, LedgerEntry entry, QuantumTable table, int row) {
    tally.firstStart = Math.min(tally.firstStart, entry.startMjd());
    if (!entry.terminal()) {
      return;
    }
    tally.ended(entry.endMjd());
    tally.waitSeconds += entry.waitSeconds();
    QuantumStatus before = row < 0 ? null : table.status(row);
    boolean executed =
        entry.status() == QuantumStatus.DONE
            || (before == QuantumStatus.RUNNING
                && (entry.status() == QuantumStatus.FAILED
                    || entry.status() == QuantumStatus.NO_WORK));
    if (entry.status() == QuantumStatus.ADOPTED) {
      tally.savedCoreSeconds += entry.savedCpuSeconds();
    }
    if (!executed) {
      tally.coreSeconds += entry.cpuSeconds();
      return;
    }
    tally.bytesRead += entry.bytesRead();
    tally.bytesWritten += entry.bytesWritten();
    if (row >= 0 && table.cpuSeconds(row) > 0) {
      tally.repeatedCoreSeconds += table.cpuSeconds(row);
    }
    tally.executed(
        entry.wallSeconds(),
        entry.cpuSeconds(),
        entry.peakBytes(),
        entry.attempt(),
        entry.status() == QuantumStatus.FAILED);
  }

  private void change(int row, int by) {
    QuantumTable table = learned.table();
    QuantumStatus status = table.status(row);
    TaskTally tally = learned.tasks.get(table.task(row));
    tally.byStatus[status.ordinal()] += by;
    tally.degraded += table.degraded(row) ? by : 0;
    if (table.signature(row) >= 0) {
      learned.signatures.get(table.signature(row)).count += by;
    }
    learned.cell(table.task(row), table.window(row))[status.ordinal()] += by;
  }

  private int signature(LedgerEntry entry) {
    String key = entry.signatureKey();
    Integer known = signatureNumbers.get(key);
    if (known == null && learned.signatures.size() >= MOST_SIGNATURES) {
      key = entry.task() + "\nother\n" + entry.failed();
      known = signatureNumbers.get(key);
    }
    if (known == null) {
      known = learned.signatures.size();
      signatureNumbers.put(key, known);
      learned.signatures.add(MonitorState.Signature.of(key, entry));
    }
    return known;
  }

  private static int number(String name, List<String> names, Map<String, Integer> numbers) {
    Integer known = numbers.get(name);
    if (known == null) {
      known = names.size();
      numbers.put(name, known);
      names.add(name);
    }
    return known;
  }

  /** The 128 bits of a quantum's id; other texts than 32 hexadecimal digits are hashed. */
  static long[] id(String text) {
    if (text.length() == 32) {
      try {
        return new long[] {
          Long.parseUnsignedLong(text, 0, 16, 16), Long.parseUnsignedLong(text, 16, 32, 16)
        };
      } catch (NumberFormatException e) {
        // Not hexadecimal.
      }
    }
    byte[] hash = Hashing.murmur3_128().hashString(text, StandardCharsets.UTF_8).asBytes();
    java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(hash);
    return new long[] {buffer.getLong(), buffer.getLong()};
  }

  /** How the run stands, as of the last refresh. */
  public synchronized RunState state() {
    return RunState.of(this, learned, RunLife.of(root, run, cursor));
  }

  /** The metrics of the run, as of the last refresh. */
  synchronized List<MetricFamily> metrics() {
    return RunMetrics.of(this, state(), learned.tasks);
  }

  /**
   * What the run has cost, as of the last refresh.
   *
   * @param perCoreHour price of a core hour, 0 for none
   */
  public synchronized RunCosts costs(double perCoreHour) {
    return RunCosts.of(this, learned, state(), perCoreHour);
  }

  /** The quanta whose last record has the most CPU time, most expensive first. */
  synchronized List<QuantumView> mostExpensive(int most) {
    QuantumTable table = learned.table();
    PriorityQueue<Integer> kept =
        new PriorityQueue<>(Comparator.comparingDouble(table::cpuSeconds));
    for (int row = 0; row < table.size(); row++) {
      if (table.cpuSeconds(row) > 0) {
        kept.add(row);
        if (kept.size() > most) {
          kept.remove();
        }
      }
    }
    return kept.stream()
        .sorted(Comparator.comparingDouble((Integer row) -> -table.cpuSeconds(row)))
        .map(this::view)
        .toList();
  }

  /** A quantum by the id that the ledger gives it, or null. */
  synchronized @Nullable QuantumView quantum(String quantumId) {
    long[] id = id(quantumId);
    int row = learned.table().find(id[0], id[1]);
    return row < 0 ? null : view(row);
  }

  /**
   * Quanta in the order in which they first appeared.
   *
   * @param from number of the first quantum to look at
   * @param most how many to return at most
   */
  public synchronized List<QuantumView> quanta(int from, int most, QuantumFilter filter) {
    return filter.rows(learned, Math.max(0, from)).limit(most).mapToObj(this::view).toList();
  }

  /** The quanta that appeared last, newest first. */
  synchronized List<QuantumView> last(int most, QuantumFilter filter) {
    List<QuantumView> out = new ArrayList<>();
    IntPredicate wanted = filter.on(learned);
    for (int row = learned.table().size() - 1; row >= 0 && out.size() < most; row--) {
      if (wanted.test(row)) {
        out.add(view(row));
      }
    }
    return out;
  }

  /** Takes one quantum. */
  interface Visitor {
    void visit(String dataId, QuantumStatus status, boolean degraded);
  }

  void forEach(Visitor visitor) {
    forEach(TaskChoice.ALL, visitor);
  }

  synchronized void forEach(TaskChoice choice, Visitor visitor) {
    QuantumTable table = learned.table();
    boolean[] wanted = wanted(choice);
    for (int row = 0; row < table.size(); row++) {
      if (wanted[table.task(row)]) {
        visitor.visit(table.dataId(row), table.status(row), table.degraded(row));
      }
    }
  }

  /** Which of the tasks, by their numbers, are wanted. */
  private boolean[] wanted(TaskChoice choice) {
    boolean[] out = new boolean[learned.tasks.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = choice.accepts(learned.tasks.get(i).step, learned.tasks.get(i).task);
    }
    return out;
  }

  /**
   * The quanta of the wanted tasks that failed, were blocked or are degraded; failures first, then
   * by step and task.
   */
  public synchronized List<QuantumView> problems(int most, TaskChoice choice) {
    List<QuantumView> out = new ArrayList<>();
    QuantumTable table = learned.table();
    boolean[] wanted = wanted(choice);
    for (int row = 0; row < table.size(); row++) {
      QuantumStatus status = table.status(row);
      boolean bad = status == QuantumStatus.FAILED || status == QuantumStatus.BLOCKED;
      if (wanted[table.task(row)] && (bad || table.degraded(row))) {
        out.add(view(row));
      }
    }
    out.sort(
        Comparator.comparing(QuantumView::isFinished)
            .thenComparing(v -> Template.ALL_STEPS.indexOf(v.step()))
            .thenComparing(QuantumView::task)
            .thenComparing(QuantumView::dataId));
    return out.size() > most ? out.subList(0, most) : out;
  }

  QuantumView view(int row) {
    return QuantumView.of(learned, row);
  }

  /** The last ledger records of quanta, in the order of the views; unreadable ones are left out. */
  public synchronized List<QuantumRecord> records(Collection<QuantumView> views) {
    return LedgerCursor.records(
        RepositoryPaths.ledger(root, run),
        cursor.segments(),
        views.stream().map(QuantumView::place).filter(Objects::nonNull).toList());
  }
}
