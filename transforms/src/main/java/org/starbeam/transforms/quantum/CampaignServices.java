package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.QuantumLog;
import org.starbeam.transforms.log.WorkerLog;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreOptions;
import org.starbeam.transforms.store.StoreUnavailableException;

/**
 * What the quanta of one launch share inside one JVM: the ledger segment, the index of what is
 * done, the publisher, the cache of datasets, memory permits, and the word whether quanta may
 * begin. The functions of the graph are serialised and copied by the runner, so they find their
 * services here by the launch's id.
 */
public final class CampaignServices implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(CampaignServices.class);
  private static final Map<String, CampaignServices> OPEN = new ConcurrentHashMap<>();
  private static final Set<String> ENDED = ConcurrentHashMap.newKeySet();
  private static final long LOOK_MILLIS = 1000;
  private static final int LEASE_EVERY = 5;

  private static final long FLUSH_NANOS = 200_000_000;
  private static final long FOLLOW_NANOS = 500_000_000;

  private final CampaignContext campaign;
  private final long fence;
  private volatile long flushed = System.nanoTime();
  private volatile long followed = System.nanoTime();
  private final Ledger ledger;
  private final LedgerIndex index;
  private final Workplace workplace;
  private final AcceptedProducts base;
  private final PrunedInputs pruned;
  private final DatasetCache cache;
  private final WorkerLog log;
  private final RunControl control;
  private final FailureWatch watch;
  private final MemoryPermits memory = MemoryPermits.ofHeap();
  private final ChildJvm child;
  private final InFlight inFlight;
  private final Map<Thread, RecordDraft> attempts = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool(daemons("quantum"));
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(1, daemons("starbeam-control"));
  private final Thread atExit = new Thread(this::dying, "starbeam-end");

  private CampaignServices(CampaignContext campaign) {
    Path root = campaign.root();
    if (!Files.isDirectory(root)) {
      throw new LaunchStoppedException("the repository " + root + " is gone");
    }
    this.campaign = campaign;
    StoreOptions.inherit(campaign.store());
    RunFiles runFiles = RunFiles.of(campaign);
    this.fence = fence(campaign, runFiles);
    makeRun(RepositoryPaths.run(root, campaign.run()), fence);
    Path directory = RepositoryPaths.ledger(root, campaign.run());
    DiskGuard disk = new DiskGuard(runFiles, campaign.limits().time());
    StoragePresence storage = new StoragePresence(root, runFiles, fence > 0);
    this.control = new RunControl(runFiles, campaign.launchId(), fence, disk, storage);
    this.ledger = new Ledger(directory, disk);
    this.inFlight = new InFlight(ledger.beside(InFlight.SUFFIX), RunFiles.shard(campaign));
    try {
      List<QuantumRecord> lost = Workers.lost(directory, campaign, fence);
      this.index = LedgerIndex.load(root, campaign.run(), campaign.adoptFrom(), fence);
      for (QuantumRecord record : lost) {
        LOG.warn("{}({}): {}", record.getTask(), record.getDataId(), record.getMessage());
        ledger.append(record, true);
        index.add(record);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("ledger of run " + campaign.run() + " in " + root, e);
    }
    DatasetFiles datasets = DatasetFiles.of(root);
    Publisher publisher = new Publisher(datasets, campaign.run(), index::hash);
    this.pruned = new PrunedInputs(campaign, datasets);
    this.cache = new DatasetCache(datasets, pruned);
    List<String> runs = new ArrayList<>(List.of(campaign.run()));
    runs.addAll(campaign.base());
    this.workplace =
        new Workplace(campaign, datasets, publisher, cache, new AcceptedProducts(root, runs));
    this.base = new AcceptedProducts(root, campaign.base());
    this.log = WorkerLog.open(RepositoryPaths.logs(root, campaign.run()), campaign.run());
    this.watch = new FailureWatch(campaign.limits().failures());
    this.child = new ChildJvm(campaign.limits());
    int[] looks = new int[1];
    clock.scheduleWithFixedDelay(
        () -> look(looks), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    keepForTheExit(true);
  }

  /** A launch with a lease has the directory of its run; without one it may be the first. */
  private static void makeRun(Path directory, long fence) {
    if (fence == 0) {
      try {
        Files.createDirectories(directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A worker outlives many launches: what has ended is not to be held by the JVM's exit. */
  private void keepForTheExit(boolean keep) {
    try {
      if (keep) {
        Runtime.getRuntime().addShutdownHook(atExit);
      } else {
        Runtime.getRuntime().removeShutdownHook(atExit);
      }
    } catch (IllegalStateException e) {
      LOG.debug("the JVM is ending already");
    }
  }

  /** The number of the launch, from the lease that its launcher took; 0 where there is none. */
  private static long fence(CampaignContext campaign, RunFiles files) {
    RunLease.Holder holder = RunLease.read(files);
    if (holder == null) {
      return 0;
    }
    if (holder.isActive() && !holder.uuid().equals(campaign.launchId())) {
      throw new LaunchStoppedException(
          "run "
              + campaign.run()
              + " was taken by process "
              + holder.pid()
              + " on "
              + holder.host());
    }
    return holder.fence();
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private void look(int[] looks) {
    control.look();
    if (looks[0]++ % LEASE_EVERY == 0) {
      control.lookAtLease();
    }
  }

  /**
   * The services of a launch in this JVM, made when first asked for.
   *
   * @throws LaunchStoppedException when its launcher has ended it
   */
  public static CampaignServices of(CampaignContext campaign) {
    CampaignServices open = OPEN.get(campaign.launchId());
    return open != null
        ? open
        : OPEN.computeIfAbsent(
            campaign.launchId(),
            id -> {
              if (ENDED.contains(id)) {
                throw new LaunchStoppedException("the launch has ended");
              }
              return new CampaignServices(campaign);
            });
  }

  /**
   * Begins to open the services of a launch whose graph will run in this JVM: a long ledger is read
   * while the runner starts.
   */
  public static void openAhead(CampaignContext campaign) {
    daemons("starbeam-open")
        .newThread(
            () -> {
              try {
                of(campaign);
              } catch (RuntimeException e) {
                LOG.debug("run {}: the graph will say it again", campaign.run(), e);
              }
            })
        .start();
  }

  /**
   * Ends a launch in this JVM; what a launcher does when its graph has ended. A runner that gave up
   * may have threads that go on for a while: they do not get services again.
   */
  public static void end(CampaignContext campaign) throws IOException {
    ENDED.add(campaign.launchId());
    close(campaign);
  }

  /** Closes the services of a launch in this JVM; who needs them later opens them again. */
  public static void close(CampaignContext campaign) throws IOException {
    CampaignServices services = OPEN.remove(campaign.launchId());
    if (services != null) {
      services.close();
    }
  }

  /** Hands what this JVM has recorded of a launch to the operating system, if it has any. */
  static void flush(CampaignContext campaign) {
    CampaignServices services = OPEN.get(campaign.launchId());
    if (services != null) {
      services.flush();
    }
  }

  /** Stops a launch in this JVM, if it has one. */
  public static void stop(CampaignContext campaign, RunStop how) {
    CampaignServices services = OPEN.get(campaign.launchId());
    if (services != null) {
      services.control.stop(how);
    }
  }

  /** Why a launch in this JVM begins no quantum any more, or null. */
  public static @Nullable RunStop stopped(CampaignContext campaign) {
    CampaignServices services = OPEN.get(campaign.launchId());
    return services == null ? null : services.control.stopped();
  }

  static boolean isOpen(CampaignContext campaign) {
    return OPEN.containsKey(campaign.launchId());
  }

  /** Ends a launch in this JVM as it stands, because the JVM is about to be ended. */
  public static void abandon(CampaignContext campaign) {
    ENDED.add(campaign.launchId());
    CampaignServices services = OPEN.remove(campaign.launchId());
    if (services != null) {
      services.abortAll();
    }
  }

  public QuantumContext.DatasetReader reader() {
    return workplace.reader();
  }

  WorkerLog log() {
    return log;
  }

  /** What the runs that the campaign is based on have accepted. */
  AcceptedProducts base() {
    return base;
  }

  CampaignContext campaign() {
    return campaign;
  }

  /** True when a dataset's file is there, or would be had it not been deleted on purpose. */
  boolean exists(DatasetRef ref) {
    return cache.exists(ref);
  }

  PrunedInputs pruned() {
    return pruned;
  }

  Workplace workplace() {
    return workplace;
  }

  RunControl control() {
    return control;
  }

  MemoryPermits memory() {
    return memory;
  }

  ChildJvm child() {
    return child;
  }

  RecordDraft draft(TaskSpec spec, Quantum quantum) {
    return new RecordDraft(campaign, fence, spec, quantum);
  }

  @Nullable QuantumRecord ended(String quantumId, String inputHash) {
    return index.ended(quantumId, inputHash);
  }

  /** Learns what other workers have finished, before work that was theirs may come to this one. */
  static void follow(CampaignContext campaign) {
    CampaignServices services = OPEN.get(campaign.launchId());
    if (services != null && System.nanoTime() - services.followed > FOLLOW_NANOS) {
      services.follow();
    }
  }

  private void follow() {
    followed = System.nanoTime();
    try {
      index.follow(ledger.segment());
    } catch (IOException e) {
      throw new UncheckedIOException("run " + campaign.run(), e);
    }
  }

  /** How many workers died while they worked on a quantum. */
  int deaths(String quantumId) {
    return index.deaths(quantumId);
  }

  /** Runs an attempt on a thread of its own, which can be given up. */
  Future<AttemptEnd> submit(RecordDraft draft, Callable<AttemptEnd> attempt) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    QuantumLog said = QuantumLog.current();
    return threads.submit(
        () -> {
          Thread thread = Thread.currentThread();
          thread.setContextClassLoader(loader);
          attempts.put(thread, draft);
          try {
            return said == null ? attempt.call() : said.during(attempt);
          } finally {
            attempts.remove(thread);
          }
        });
  }

  /** Records that an attempt begins; returns a ticket for {@link #end}. */
  int begin(RecordDraft draft, int attempt, CancelToken cancel) {
    int[] slot = new int[1];
    draft.running(
        attempt,
        record -> {
          write(record, false);
          try {
            slot[0] = inFlight.enter(record, fence);
          } catch (IOException e) {
            throw new UncheckedIOException("run " + campaign.run(), e);
          }
        });
    control.begin(cancel);
    return slot[0];
  }

  void end(int slot, CancelToken cancel) {
    inFlight.leave(slot);
    control.end(cancel);
  }

  /**
   * Appends the record of a quantum's end, and stops the run when that was one failure too many.
   *
   * @throws UncheckedIOException when the ledger cannot be written: without it nothing counts as
   *     done, so the launch ends
   */
  void append(QuantumRecord record) {
    write(record, record.getWallSeconds() >= 1);
    index.add(record);
    String reason = watch.ended(record);
    if (reason != null && control.stopped() == null) {
      RunStop stop = new RunStop(RunStop.Cause.POLICY, reason, false);
      control.stop(stop);
      try {
        RunLease.requestStop(RunFiles.of(campaign), stop);
      } catch (IOException e) {
        LOG.warn("other workers cannot be told to stop: {}", e.toString());
      }
    }
  }

  private void write(QuantumRecord record, boolean now) {
    try {
      ledger.append(record, now);
    } catch (IOException e) {
      throw new UncheckedIOException("run " + campaign.run(), e);
    }
  }

  void flush() {
    try {
      ledger.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("run " + campaign.run(), e);
    }
  }

  /** Flushes unless that has been done a moment ago. */
  void flushIfDue() {
    long now = System.nanoTime();
    if (now - flushed > FLUSH_NANOS) {
      flushed = now;
      flush();
    }
  }

  /** Records that what a task gave for a data id is not used, and nobody is at fault. */
  void recordSkipped(TaskSpec spec, QuantumResult result, String reason) {
    append(draft(spec, result).skipped(reason));
  }

  /** Records that what a task gave for a data id cannot be used. */
  void recordRefused(TaskSpec spec, QuantumResult result, BadInputException why) {
    Failure failure = Failure.of(spec.name() + "(" + result.getDataId() + ")", why);
    LOG.warn("{} {}: {}", failure.failureClass(), failure.code(), failure.message());
    append(draft(spec, result).failed(failure));
  }

  private RecordDraft draft(TaskSpec spec, QuantumResult result) {
    return draft(spec, Quantum.of(DataId.parse(result.getDataId()), List.of()));
  }

  /**
   * Records that a result could not be sent to the quanta of a task, or notes the pruned datasets
   * that its router needs.
   */
  void recordUnroutable(TaskSpec spec, QuantumResult result, Throwable error) {
    QuantumInput input = new QuantumInput("route", result);
    recordFailedGather(
        spec, DataId.parse(result.getDataId()), "route " + result.getTask(), List.of(input), error);
  }

  /**
   * Records that what was gathered at a key could not be made into quanta. While an object store
   * does not answer nothing is recorded: the job ends as by a lost worker, and is continued.
   */
  QuantumResult recordFailedGather(
      TaskSpec spec, DataId key, String what, List<QuantumInput> inputs, Throwable error) {
    StoreUnavailableException store = StoreUnavailableException.in(error);
    if (store != null) {
      throw new UncheckedIOException(store);
    }
    PrunedInputException missing = PrunedInputException.in(error);
    if (missing != null) {
      pruned.note(spec.name(), missing.datasetType(), RecordDraft.present(inputs));
      return draft(spec, Quantum.of(key, inputs)).waiting(missing);
    }
    Failure failure = Failure.of(what + " of " + spec.name() + "(" + key + ")", error);
    LOG.warn("{} {}: {}", failure.failureClass(), failure.code(), failure.message());
    LOG.debug("{}({})", spec.name(), key, error);
    RecordDraft draft = draft(spec, Quantum.of(key, inputs));
    append(draft.failed(failure));
    return draft.result();
  }

  /**
   * The JVM ends while the launch is open: by a signal, or because somebody called {@code
   * System.exit}. Attempts that run are recorded as broken off; when it was one of them that
   * called, it is named, and the exit code says that the run did not end.
   */
  private void dying() {
    if (abortAll()) {
      Runtime.getRuntime().halt(6);
    }
  }

  private boolean abortAll() {
    boolean culprit = false;
    control.disk().giveUp();
    for (Map.Entry<Thread, RecordDraft> attempt : attempts.entrySet()) {
      boolean exits = exits(attempt.getKey());
      culprit |= exits;
      RecordDraft draft = attempt.getValue();
      QuantumRecord record =
          exits
              ? draft.aborted(LedgerIndex.SYSTEM_EXIT, "the task called System.exit")
              : draft.aborted(Failure.STOPPED, "its worker was told to end");
      LOG.warn("{}({}): {}", record.getTask(), record.getDataId(), record.getMessage());
      write(record, false);
    }
    try {
      ledger.close();
      inFlight.close();
    } catch (IOException e) {
      LOG.warn("run {}: {}", campaign.run(), e.toString());
    }
    return culprit;
  }

  private static boolean exits(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals("java.lang.Runtime")
          && frame.getMethodName().equals("exit")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    keepForTheExit(false);
    clock.shutdownNow();
    threads.shutdown();
    // On a cluster the jars of the job may be closed by now: a class that was not needed before
    // cannot be had, and what fails for that must not keep the rest open.
    try (index;
        inFlight;
        ledger) {
      log.close();
    }
  }
}
