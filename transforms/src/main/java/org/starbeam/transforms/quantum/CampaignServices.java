package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.DatasetRef;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.WorkerLog;

/**
 * What the quanta of one launch share inside one JVM: the ledger segment, the index of what is
 * done, the publisher and the cache of datasets. The functions of the graph are serialised and
 * copied by the runner, so they find their services here by the launch's id.
 */
public final class CampaignServices implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(CampaignServices.class);
  private static final Map<String, CampaignServices> OPEN = new ConcurrentHashMap<>();

  private final CampaignContext campaign;
  private final Ledger ledger;
  private final LedgerIndex index;
  private final Publisher publisher;
  private final PrunedInputs pruned;
  private final DatasetCache reader;
  private final WorkerLog log;
  private final AcceptedProducts earlier;

  private CampaignServices(CampaignContext campaign) {
    Path root = campaign.root();
    this.campaign = campaign;
    this.ledger = new Ledger(RepositoryPaths.ledger(root, campaign.run()));
    try {
      this.index = LedgerIndex.load(root, campaign.run(), campaign.adoptFrom());
    } catch (IOException e) {
      throw new UncheckedIOException("ledger of run " + campaign.run() + " in " + root, e);
    }
    this.publisher = new Publisher(root, campaign.run(), index::hash);
    this.pruned = new PrunedInputs(campaign);
    this.reader = new DatasetCache(root, pruned);
    this.log = WorkerLog.open(RepositoryPaths.logs(root, campaign.run()), campaign.run());
    List<String> runs = new ArrayList<>(List.of(campaign.run()));
    runs.addAll(campaign.base());
    this.earlier = new AcceptedProducts(root, runs);
  }

  /** The services of a launch in this JVM, made when first asked for. */
  public static CampaignServices of(CampaignContext campaign) {
    return OPEN.computeIfAbsent(campaign.launchId(), id -> new CampaignServices(campaign));
  }

  /** Closes the services of a launch in this JVM; what a launcher does when its graph has ended. */
  public static void close(CampaignContext campaign) throws IOException {
    CampaignServices services = OPEN.remove(campaign.launchId());
    if (services != null) {
      services.close();
    }
  }

  static boolean isOpen(CampaignContext campaign) {
    return OPEN.containsKey(campaign.launchId());
  }

  public QuantumContext.DatasetReader reader() {
    return reader;
  }

  WorkerLog log() {
    return log;
  }

  /** What earlier launches of the run and its base runs have left. */
  AcceptedProducts earlier() {
    return earlier;
  }

  CampaignContext campaign() {
    return campaign;
  }

  /** True when a dataset's file is there, or would be had it not been deleted on purpose. */
  boolean exists(DatasetRef ref) {
    return reader.exists(ref);
  }

  PrunedInputs pruned() {
    return pruned;
  }

  Publisher publisher() {
    return publisher;
  }

  @Nullable QuantumRecord ended(String quantumId, String inputHash) {
    return index.ended(quantumId, inputHash);
  }

  /**
   * Appends to the ledger.
   *
   * @throws UncheckedIOException when the ledger cannot be written: without it nothing counts as
   *     done, so the launch ends
   */
  void append(QuantumRecord record) {
    try {
      ledger.append(record, record.getWallSeconds() >= 1);
    } catch (IOException e) {
      throw new UncheckedIOException("run " + campaign.run(), e);
    }
    index.add(record);
  }

  void flush() {
    try {
      ledger.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("run " + campaign.run(), e);
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
    return new RecordDraft(campaign, spec, Quantum.of(DataId.parse(result.getDataId()), List.of()));
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

  /** Records that what was gathered at a key could not be made into quanta. */
  QuantumResult recordFailedGather(
      TaskSpec spec, DataId key, String what, List<QuantumInput> inputs, Throwable error) {
    PrunedInputException missing = PrunedInputException.in(error);
    if (missing != null) {
      pruned.note(spec.name(), missing.datasetType(), RecordDraft.present(inputs));
      return new RecordDraft(campaign, spec, Quantum.of(key, inputs)).waiting(missing);
    }
    Failure failure = Failure.of(what + " of " + spec.name() + "(" + key + ")", error);
    LOG.warn("{} {}: {}", failure.failureClass(), failure.code(), failure.message());
    LOG.debug("{}({})", spec.name(), key, error);
    RecordDraft draft = new RecordDraft(campaign, spec, Quantum.of(key, inputs));
    append(draft.failed(failure));
    return draft.result();
  }

  @Override
  public void close() throws IOException {
    log.close();
    ledger.close();
  }
}
