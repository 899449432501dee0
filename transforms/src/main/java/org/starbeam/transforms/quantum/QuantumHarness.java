package org.starbeam.transforms.quantum;

import java.util.List;
import java.util.Map;
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
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RecordSizes;
import org.starbeam.transforms.log.QuantumLog;

/**
 * Takes one quantum from its inputs to its terminal record (specs/05 sections 4.3 to 4.5): applies
 * the propagation rules, adopts what has been done with the same inputs, otherwise runs the task,
 * publishes, records. Whatever the task throws becomes a record.
 */
final class QuantumHarness {
  private static final Logger LOG = LoggerFactory.getLogger(QuantumHarness.class);

  private static final RecordCoder<QuantumResult> RESULT_CODER =
      RecordCoder.of(QuantumResult.class);

  private final CampaignServices services;
  private final QuantumTask task;
  private final TaskSpec spec;
  private final String configHash;

  QuantumHarness(CampaignServices services, QuantumTask task) {
    this.services = services;
    this.task = task;
    this.spec = task.spec();
    this.configHash = InputHash.configHash(spec, services.campaign());
  }

  /** Result or absence marker of the quantum; its terminal record has been appended. */
  QuantumResult execute(Quantum quantum) {
    RecordDraft draft = new RecordDraft(services.campaign(), spec, quantum);
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
          where(quantum),
          bytes,
          RecordSizes.DESIGN_BYTES);
    }
    if (bytes > RecordSizes.MOST_BYTES) {
      String size = "its result has " + bytes + " bytes, at most " + RecordSizes.MOST_BYTES;
      record = draft.failed(Failure.of(where(quantum), new IllegalStateException(size)));
      result = draft.result();
    }
    if (record.getStatus() == QuantumStatus.FAILED) {
      log.failed();
    }
    record.setLogRef(log.ref());
    services.append(record);
    return result;
  }

  private static int bytes(QuantumResult result) {
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
      return draft.failed(Failure.of(where(quantum), e));
    }
    switch (propagation.verdict()) {
      case BLOCKED:
        return draft.blocked(propagation.reason());
      case NO_WORK:
        return draft.noWork(propagation.reason());
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
    return attempts(quantum, draft, propagation, earlier);
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
        && campaign.retry().stream().noneMatch(c -> c.name().equals(earlier.getErrorClass()));
  }

  private QuantumRecord attempts(
      Quantum quantum,
      RecordDraft draft,
      Propagation propagation,
      @Nullable QuantumRecord earlier) {
    for (int attempt = 1; ; attempt++) {
      services.append(draft.running(attempt));
      LOG.debug("attempt {} with {} inputs", attempt, quantum.inputs().size());
      TaskContext context = new TaskContext(services, spec, quantum, draft);
      if (propagation.incomplete()) {
        context.caveat(QuantumContext.Caveat.UPSTREAM_MISSING, propagation.reason());
      }
      if (attempt > 1) {
        context.note(QuantumContext.Caveat.RETRIED);
      }
      try {
        return run(quantum, draft, context, earlier);
      } catch (Throwable thrown) {
        context.discard();
        PrunedInputException missing = PrunedInputException.in(thrown);
        if (missing != null) {
          List<DatasetRef> inputs = RecordDraft.present(quantum.inputs());
          services.pruned().note(spec.name(), missing.datasetType(), inputs);
          return draft.blocked("waits: " + missing.getMessage());
        }
        Failure failure = failure(quantum, thrown);
        if (attempt >= failure.failureClass().attempts() || !pause(failure, attempt)) {
          LOG.warn("{} {}: {}", failure.failureClass(), failure.code(), failure.message(), thrown);
          return draft.failed(failure);
        }
      }
    }
  }

  private QuantumRecord run(
      Quantum quantum, RecordDraft draft, TaskContext context, @Nullable QuantumRecord earlier)
      throws Exception {
    Outcome outcome = task.run(quantum, context);
    if (outcome.noWork()) {
      context.discard();
      return draft.noWork(outcome.reason());
    }
    requireSame(earlier, context);
    List<DatasetRef> outputs = context.publish();
    LOG.info("done with {} outputs", outputs.size());
    return draft.done(
        outputs, outcome.payload(), context.caveats(), context.messages(), context.metrics());
  }

  /** Running again with the same inputs must give the same content. */
  private void requireSame(@Nullable QuantumRecord earlier, TaskContext context) {
    if (earlier == null
        || (earlier.getStatus() != QuantumStatus.DONE
            && earlier.getStatus() != QuantumStatus.ADOPTED)) {
      return;
    }
    Map<String, String> before = new TreeMap<>();
    for (DatasetRef ref : earlier.getOutputs()) {
      before.put(ref.getDatasetType() + "|" + ref.getDataId(), ref.getContentHash());
    }
    Map<String, String> now = context.stagedHashes();
    if (!before.equals(now)) {
      throw new NondeterminismException(
          "the same inputs gave other outputs: before " + before + ", now " + now);
    }
  }

  private Failure failure(Quantum quantum, Throwable thrown) {
    Failure failure = Failure.of(where(quantum), thrown);
    return thrown instanceof NondeterminismException
        ? new Failure(
            FailureClass.DEFECT,
            "NONDETERMINISM",
            failure.message(),
            failure.stack(),
            failure.stackHash())
        : failure;
  }

  /** Waits before the next attempt; false when the thread is to stop. */
  private boolean pause(Failure failure, int attempt) {
    List<Long> delays = services.campaign().retryDelaysMillis();
    if (failure.failureClass() != FailureClass.TRANSIENT || delays.isEmpty()) {
      return true;
    }
    try {
      Thread.sleep(delays.get(Math.min(attempt, delays.size()) - 1));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Names the quantum and the first files that it read, in the order of the task's roles. */
  private String where(Quantum quantum) {
    List<String> files =
        spec.inputs().stream()
            .filter(rule -> rule.kind() == TaskSpec.InputRule.Kind.REQUIRED)
            .flatMap(rule -> quantum.results(rule.role()).stream())
            .flatMap(result -> result.getOutputs().stream())
            .map(DatasetRef::getPath)
            .limit(2)
            .toList();
    return spec.name()
        + "("
        + quantum.dataId()
        + ")"
        + (files.isEmpty() ? "" : " [" + String.join(", ", files) + "]");
  }

  /** Same inputs, other outputs. */
  private static final class NondeterminismException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NondeterminismException(String message) {
      super(message);
    }
  }
}
