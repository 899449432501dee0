package org.starbeam.transforms.quantum;

import com.sun.management.ThreadMXBean;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.Publisher;

/**
 * How an attempt ended; made where it ran, perhaps in another JVM.
 *
 * @param failure why it failed, or null
 * @param pruned type of a dataset that it lacked because it was deleted on purpose, or null
 * @param staged datasets that wait to be published, none after a failure
 * @param existing datasets that stay where they are
 * @param usage what it took
 */
record AttemptEnd(
    @Nullable Failure failure,
    @Nullable String pruned,
    boolean noWork,
    @Nullable String reason,
    @Nullable SpecificRecord payload,
    List<StagedFile> staged,
    List<DatasetRef> existing,
    Set<QuantumContext.Caveat> caveats,
    List<String> messages,
    Map<String, Double> metrics,
    Usage usage)
    implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptEnd.class);

  /** A staged dataset; paths cannot be serialised. */
  record StagedFile(DatasetType type, DataId id, String temporary, String contentHash, long bytes)
      implements Serializable {
    Publisher.Staged toStaged() {
      return new Publisher.Staged(type, id, Path.of(temporary), contentHash, bytes);
    }
  }

  /** What an attempt took. */
  record Usage(double cpuSeconds, long allocBytes, long peakBytes) implements Serializable {
    static final Usage NONE = new Usage(0, 0, 0);

    Usage plus(Usage other) {
      return new Usage(
          cpuSeconds + other.cpuSeconds,
          allocBytes + other.allocBytes,
          Math.max(peakBytes, other.peakBytes));
    }
  }

  /** Measures what the calling thread takes from now on. */
  static final class Meter {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final long cpu = THREADS.getCurrentThreadCpuTime();
    private final long allocated = allocated();

    private static long allocated() {
      return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    /** To be called by the thread that made the meter. */
    Usage read(long peakBytes) {
      long bytes = allocated() - allocated;
      double seconds = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e9;
      return new Usage(seconds, bytes, Math.min(bytes, peakBytes));
    }
  }

  static AttemptEnd failed(Failure failure, Usage usage) {
    return new AttemptEnd(
        failure, null, false, null, null, List.of(), List.of(), Set.of(), List.of(), Map.of(),
        usage);
  }

  /** Runs the task of an assignment on the calling thread. Whatever the task throws is an end. */
  static AttemptEnd of(Assignment work, Workplace workplace, CancelToken cancel) {
    Meter meter = new Meter();
    HeapSample heap = HeapSample.begin();
    TaskSpec spec = work.task().spec();
    Quantum quantum = work.quantum();
    TaskContext context = new TaskContext(workplace, spec, quantum, work.inputHash(), cancel);
    if (!work.incomplete().isEmpty()) {
      context.caveat(QuantumContext.Caveat.UPSTREAM_MISSING, work.incomplete());
    }
    try {
      Outcome outcome = work.task().run(quantum, context);
      if (outcome.noWork()) {
        context.discard();
      }
      return new AttemptEnd(
          null,
          null,
          outcome.noWork(),
          outcome.reason(),
          outcome.payload(),
          outcome.noWork() ? List.of() : staged(context),
          context.existing(),
          context.caveats(),
          context.messages(),
          context.metrics(),
          meter.read(heap.rise()));
    } catch (Throwable thrown) {
      context.discard();
      PrunedInputException missing = PrunedInputException.in(thrown);
      if (missing != null) {
        return lacking(missing, meter.read(heap.rise()));
      }
      LOG.debug("the attempt failed", thrown);
      return failed(failure(thrown, spec, quantum, cancel), meter.read(heap.rise()));
    } finally {
      context.close();
    }
  }

  private static AttemptEnd lacking(PrunedInputException missing, Usage usage) {
    return new AttemptEnd(
        null,
        missing.datasetType(),
        false,
        missing.getMessage(),
        null,
        List.of(),
        List.of(),
        Set.of(),
        List.of(),
        Map.of(),
        usage);
  }

  private static Failure failure(
      Throwable thrown, TaskSpec spec, Quantum quantum, CancelToken cancel) {
    Failure failure = Failure.of(where(spec, quantum), thrown);
    CancelToken.Reason reason = cancel.reason();
    if (reason == null || !Failure.isCancellation(thrown)) {
      return failure;
    }
    return reason == CancelToken.Reason.TIME_LIMIT
        ? failure.as(FailureClass.RESOURCE, Failure.TIME_LIMIT)
        : failure.as(FailureClass.INFRA, Failure.STOPPED);
  }

  private static List<StagedFile> staged(TaskContext context) {
    return context.staged().stream()
        .map(
            s ->
                new StagedFile(
                    s.type(), s.id(), s.temporary().toString(), s.contentHash(), s.bytes()))
        .toList();
  }

  /** Content hash of everything that is to be published, by path-free name. */
  Map<String, String> hashes() {
    Map<String, String> hashes = new TreeMap<>();
    staged.forEach(s -> hashes.put(s.type.name() + "|" + s.id, s.contentHash));
    existing.forEach(
        ref -> hashes.put(ref.getDatasetType() + "|" + ref.getDataId(), ref.getContentHash()));
    return hashes;
  }

  /** Names the quantum and the first files that it read, in the order of the task's roles. */
  static String where(TaskSpec spec, Quantum quantum) {
    List<String> files = new ArrayList<>();
    for (TaskSpec.InputRule rule : spec.inputs()) {
      if (rule.kind() == TaskSpec.InputRule.Kind.REQUIRED) {
        quantum.results(rule.role()).stream()
            .flatMap(result -> result.getOutputs().stream())
            .map(DatasetRef::getPath)
            .limit(2)
            .forEach(files::add);
      }
    }
    List<String> first = files.subList(0, Math.min(2, files.size()));
    return spec.name()
        + "("
        + quantum.dataId()
        + ")"
        + (first.isEmpty() ? "" : " [" + String.join(", ", first) + "]");
  }
}
