package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RecordSizes;
import org.starbeam.transforms.log.ProcessMeters;
import org.starbeam.transforms.log.QuantumLog;

/**
 * Takes one quantum from its inputs to its terminal record (specs/05 sections 4.3 to 4.6): applies
 * the propagation rules, adopts what has been done with the same inputs, otherwise runs the task,
 * again where its failure is worth it and alone where it needs to be, publishes, records. Whatever
 * the task throws becomes a record.
 */
final class QuantumHarness {
  private static final Logger LOG = LoggerFactory.getLogger(QuantumHarness.class);

  private static final RecordCoder<QuantumResult> RESULT_CODER =
      RecordCoder.of(QuantumResult.class);

  /** Deaths of workers after which a quantum is not to have another chance to kill one. */
  private static final int SUSPECT = 2;

  private final CampaignServices services;
  private final QuantumTask task;
  private final TaskSpec spec;
  private final String configHash;
  private final QuantumLimits limits;
  private final AttemptThreads attempts;

  QuantumHarness(CampaignServices services, QuantumTask task) {
    this.services = services;
    this.task = task;
    this.spec = task.spec();
    this.configHash = InputHash.configHash(spec, services.campaign());
    this.limits = services.campaign().limits();
    this.attempts = new AttemptThreads(services);
  }

  /**
   * Result or absence marker of the quantum; its terminal record has been appended.
   *
   * @throws LaunchStoppedException when the launch is to be left
   */
  QuantumResult execute(Quantum quantum) {
    RunStop stop = services.control().stopped();
    if (stop != null && services.control().leaves()) {
      throw new LaunchStoppedException("the launch has been stopped: " + stop.text());
    }
    RecordDraft draft = services.draft(spec, quantum);
    try (QuantumLog log = draft.openLog(services.log())) {
      return execute(quantum, draft, log);
    }
  }

  private QuantumResult execute(Quantum quantum, RecordDraft draft, QuantumLog log) {
    QuantumRecord record = end(quantum, draft);
    QuantumResult result = draft.result();
    int bytes = bytes(result);
    if (bytes > RecordSizes.DESIGN_BYTES) {
      LOG.warn(
          "{}: its result has {} bytes, by design {}",
          AttemptEnd.where(spec, quantum),
          bytes,
          RecordSizes.DESIGN_BYTES);
    }
    if (bytes > RecordSizes.MOST_BYTES) {
      String size = "its result has " + bytes + " bytes, at most " + RecordSizes.MOST_BYTES;
      record =
          draft.failed(
              Failure.of(AttemptEnd.where(spec, quantum), new IllegalStateException(size)));
      result = draft.result();
    }
    if (record.getStatus() == QuantumStatus.FAILED) {
      log.failed();
    }
    record.setLogRef(log.ref());
    if (isRecorded(record)) {
      services.append(record);
    }
    return result;
  }

  /** Encoded size of a result, or a bound of it that is below what any design has in mind. */
  private static int bytes(QuantumResult result) {
    if (result.getPayload() == null) {
      long most = 1024;
      for (DatasetRef ref : result.getOutputs()) {
        most += 4L * (ref.getPath().length() + ref.getDataId().length() + ref.getRun().length());
        most += 256;
      }
      for (String cause : result.getRootCauses()) {
        most += 4L * cause.length();
      }
      if (most < RecordSizes.DESIGN_BYTES) {
        return (int) most;
      }
    }
    try {
      return CoderUtils.encodeToByteArray(RESULT_CODER, result).length;
    } catch (CoderException e) {
      throw new IllegalStateException(e);
    }
  }

  private QuantumRecord end(Quantum quantum, RecordDraft draft) {
    Propagation propagation;
    try {
      propagation = Propagation.of(spec, quantum);
    } catch (RuntimeException e) {
      return draft.failed(
          Failure.of(AttemptEnd.where(spec, quantum), e)
              .recognised(spec.name(), limits.failures().signatures()));
    }
    switch (propagation.verdict()) {
      case BLOCKED:
        return draft.blocked(propagation.reason());
      case NO_WORK:
        RunStop stop = services.control().stopped();
        return stop != null && lacksSkipped(quantum)
            ? draft.skipped(stop.text())
            : draft.noWork(propagation.reason());
      default:
        break;
    }
    draft.inputHash(
        InputHash.of(spec.name(), spec.version(), configHash, InputHash.lines(quantum.inputs())));
    QuantumRecord earlier = services.ended(draft.quantumId(), draft.inputHash());
    QuantumRecord adopted = earlier == null ? null : adopt(draft, earlier);
    if (adopted != null) {
      return adopted;
    }
    if (services.pruned().isWaiting()) {
      services.pruned().noteLikeOthers(spec.name(), RecordDraft.present(quantum.inputs()));
      return draft.blocked("waits until datasets that were pruned have been made again");
    }
    return run(quantum, draft, propagation, earlier);
  }

  /** True when an input was not begun; in a run that was stopped it would have been. */
  private static boolean lacksSkipped(Quantum quantum) {
    return quantum.inputs().stream()
        .anyMatch(input -> input.getResult().getStatus() == QuantumStatus.SKIPPED);
  }

  /**
   * A quantum that is not begun because somebody stopped the launch is begun by the next one: of it
   * nothing is recorded, or it would hide what earlier launches know. A policy's word is final.
   */
  private boolean isRecorded(QuantumRecord record) {
    RunStop stop = services.control().stopped();
    return record.getStatus() != QuantumStatus.SKIPPED
        || stop == null
        || stop.cause() == RunStop.Cause.POLICY;
  }

  /** What an earlier record says about this quantum, or null when it must run. */
  private @Nullable QuantumRecord adopt(RecordDraft draft, QuantumRecord earlier) {
    return switch (earlier.getStatus()) {
      case DONE, ADOPTED -> isKept(earlier) ? draft.adopted(earlier) : null;
      case NO_WORK -> draft.noWork(earlier.getMessage());
      case FAILED -> isFinal(earlier) ? draft.failedBefore(earlier) : null;
      default -> null;
    };
  }

  /**
   * True when the outputs are there or were deleted on purpose, and nobody wants them made again.
   */
  private boolean isKept(QuantumRecord record) {
    return !services.pruned().isRerun(record.getQuantumId(), record.getOutputs())
        && record.getOutputs().stream().allMatch(services::exists);
  }

  /** A failure stays one unless the operator asks for its class or the code has changed. */
  private boolean isFinal(QuantumRecord earlier) {
    CampaignContext campaign = services.campaign();
    return earlier.getCodeVersion().equals(campaign.codeVersion())
        && !limits.failures().retryTasks().contains(spec.name())
        && campaign.retry().stream().noneMatch(c -> c.name().equals(earlier.getErrorClass()));
  }

  private QuantumRecord run(
      Quantum quantum,
      RecordDraft draft,
      Propagation propagation,
      @Nullable QuantumRecord earlier) {
    Assignment work =
        new Assignment(
            services.campaign(),
            task,
            quantum.dataId(),
            quantum.window(),
            quantum.inputs(),
            draft.inputHash(),
            propagation.incomplete() ? propagation.reason() : "",
            limits.softSeconds(spec.name()));
    boolean alone = isAlone(draft.quantumId());
    for (int attempt = 1; ; attempt++) {
      RunStop stop = attempts.gate(draft);
      if (stop != null) {
        return draft.skipped(stop.text());
      }
      AttemptEnd end = attempts.run(work, draft, attempt, alone, limits.memoryBytes(spec.name()));
      if (end.pruned() != null) {
        services.pruned().note(spec.name(), end.pruned(), RecordDraft.present(quantum.inputs()));
        return draft.blocked("waits: " + end.reason());
      }
      Failure failure = end.failure();
      if (failure == null) {
        try {
          return finish(draft, end, attempt, earlier);
        } catch (Exception e) {
          end.staged().forEach(s -> services.workplace().publisher().discard(s.toStaged()));
          failure = failure(quantum, e);
        }
      }
      if (services.control().lacksStorage(RecordDraft.present(quantum.inputs()))) {
        return draft.aborted(Failure.STOPPED, failure.message());
      }
      if (failure.isDiskFull()) {
        failure = attempts.diskFull(work, failure);
        if (failure.isDiskFull()) {
          attempt--;
          continue;
        }
      }
      if (failure.isStoreUnavailable()) {
        attempts.storeUnavailable(work, failure);
        attempt--;
        continue;
      }
      failure = failure.recognised(spec.name(), limits.failures().signatures());
      if (failure.code().equals(Failure.STOPPED)) {
        return draft.aborted(Failure.STOPPED, failure.message());
      }
      if (attempt >= limits.failures().attempts(failure.failureClass())
          || !pause(failure, draft, attempt)) {
        LOG.warn("{} {}: {}", failure.failureClass(), failure.code(), failure.message());
        LOG.debug("{}", failure.stack());
        return draft.failed(failure);
      }
      LOG.info(
          "attempt {} of {} failed, {} {}: it is tried again",
          attempt,
          work.label(),
          failure.failureClass(),
          failure.code());
      alone |=
          failure.failureClass() == FailureClass.RESOURCE
              && !failure.isScratchFull()
              && limits.isolate(spec.name()) != QuantumLimits.Isolate.NEVER;
    }
  }

  private boolean isAlone(String quantumId) {
    return switch (limits.isolate(spec.name())) {
      case PROCESS -> true;
      case NEVER -> false;
      case AUTO -> services.deaths(quantumId) >= SUSPECT;
    };
  }

  private QuantumRecord finish(
      RecordDraft draft, AttemptEnd end, int attempt, @Nullable QuantumRecord earlier)
      throws IOException {
    if (end.noWork()) {
      return draft.noWork(end.reason());
    }
    requireSame(earlier, end.hashes());
    services.workplace().requireRepository();
    List<DatasetRef> outputs = new ArrayList<>(end.existing());
    for (AttemptEnd.StagedFile staged : end.staged()) {
      Publisher.Staged dataset = staged.toStaged();
      long start = System.nanoTime();
      outputs.add(services.workplace().publisher().publish(dataset));
      ProcessMeters.PUBLISH.since(start);
    }
    Set<QuantumContext.Caveat> caveats = EnumSet.noneOf(QuantumContext.Caveat.class);
    caveats.addAll(end.caveats());
    if (attempt > 1) {
      caveats.add(QuantumContext.Caveat.RETRIED);
    }
    LOG.info("done with {} outputs", outputs.size());
    return draft.done(outputs, end.payload(), caveats, end.messages(), end.metrics());
  }

  /** Running again with the same inputs must give the same content. */
  private static void requireSame(@Nullable QuantumRecord earlier, Map<String, String> now) {
    if (earlier == null
        || (earlier.getStatus() != QuantumStatus.DONE
            && earlier.getStatus() != QuantumStatus.ADOPTED)) {
      return;
    }
    Map<String, String> before = new TreeMap<>();
    for (DatasetRef ref : earlier.getOutputs()) {
      before.put(ref.getDatasetType() + "|" + ref.getDataId(), ref.getContentHash());
    }
    if (!before.equals(now)) {
      throw new NondeterminismException(
          "the same inputs gave other outputs: before " + before + ", now " + now);
    }
  }

  private Failure failure(Quantum quantum, Throwable thrown) {
    Failure failure = Failure.of(AttemptEnd.where(spec, quantum), thrown);
    return thrown instanceof NondeterminismException
        ? failure.as(FailureClass.DEFECT, "NONDETERMINISM")
        : failure;
  }

  /**
   * Waits before the next attempt, for storage to answer again or for others to have taken their
   * temporary files away; false when the thread is to stop.
   */
  private boolean pause(Failure failure, RecordDraft draft, int attempt) {
    List<Long> delays = services.campaign().retryDelaysMillis();
    boolean waits = failure.failureClass() == FailureClass.TRANSIENT || failure.isScratchFull();
    if (!waits || delays.isEmpty()) {
      return true;
    }
    long millis = delays.get(Math.min(attempt, delays.size()) - 1);
    try {
      Thread.sleep(Backoff.jittered(millis, draft.quantumId(), attempt));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Same inputs, other outputs. */
  private static final class NondeterminismException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NondeterminismException(String message) {
      super(message);
    }
  }
}
