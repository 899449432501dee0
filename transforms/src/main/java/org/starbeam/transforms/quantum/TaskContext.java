package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.log.ProcessMeters;

/** The context of one attempt of one quantum. */
final class TaskContext implements QuantumContext {
  private final CampaignServices services;
  private final TaskSpec spec;
  private final Quantum quantum;
  private final Map<String, String> provenance;
  private final Map<String, Publisher.Staged> staged = new TreeMap<>();
  private final List<DatasetRef> existing = new ArrayList<>();
  private final Set<Caveat> caveats = EnumSet.noneOf(Caveat.class);
  private final List<String> messages = new ArrayList<>();
  private final Map<String, Double> metrics = new TreeMap<>();

  TaskContext(CampaignServices services, TaskSpec spec, Quantum quantum, RecordDraft draft) {
    this.services = services;
    this.spec = spec;
    this.quantum = quantum;
    this.provenance =
        Map.of(
            "SB_QID", draft.quantumId(),
            "SB_INHSH", draft.inputHash(),
            "SB_CODE", services.campaign().codeVersion());
  }

  @Override
  public DatasetReader reader() {
    return services.reader();
  }

  @Override
  public List<DatasetRef> earlier(DatasetType type, DataId id) throws IOException {
    return services.earlier().versions(type, id.toString());
  }

  @Override
  public int release() {
    return services.campaign().release();
  }

  @Override
  public int instrumentNumber(String instrument) {
    return services
        .campaign()
        .instruments()
        .getOrDefault(instrument, CampaignContext.UNREGISTERED_INSTRUMENT);
  }

  @Override
  public long seed(String purpose) {
    String hash =
        ContentHash.ofText("seed\n" + spec.name() + "\n" + quantum.dataId() + "\n" + purpose);
    return Long.parseUnsignedLong(hash.substring(0, 16), 16);
  }

  @Override
  public void stageFile(DatasetType type, DataId id, FileWriter writer) throws IOException {
    stage(
        type,
        id,
        file -> {
          writer.write(file);
          return null;
        });
  }

  @Override
  public <T extends SpecificRecord> void stageTable(
      DatasetType type, DataId id, Class<T> rowClass, List<T> rows, List<String> columns)
      throws IOException {
    stage(
        type,
        id,
        file ->
            TableWriter.write(file, rowClass, rows, columns, List.of(), provenance).contentHash());
  }

  @Override
  public void stageJson(DatasetType type, DataId id, Object document) throws IOException {
    String json = CanonicalJson.write(document);
    stage(
        type,
        id,
        file -> {
          Files.writeString(file, json);
          return ContentHash.ofText(json);
        });
  }

  /** Writes a temporary file; returns its content hash when the writer knows it. */
  @FunctionalInterface
  private interface HashingWriter {
    @Nullable String write(Path file) throws IOException;
  }

  private void stage(DatasetType type, DataId id, HashingWriter writer) throws IOException {
    String key = declare(type, id);
    Path temporary = services.publisher().temporary(type, id);
    boolean written = false;
    try {
      String hash = writer.write(temporary);
      staged.put(key, services.publisher().stage(type, id, temporary, hash));
      written = true;
    } finally {
      if (!written) {
        services.publisher().discard(temporary);
      }
    }
  }

  private String declare(DatasetType type, DataId id) {
    if (!spec.outputs().contains(type)) {
      throw new IllegalStateException(
          "task " + spec.name() + " does not declare its output " + type.name());
    }
    type.check(id);
    String key = type.name() + "|" + id;
    if (staged.containsKey(key)) {
      throw new IllegalStateException("dataset " + key + " has been staged already");
    }
    return key;
  }

  @Override
  public void stageExisting(DatasetRef ref) {
    boolean declared =
        spec.outputs().stream().anyMatch(type -> type.name().equals(ref.getDatasetType()));
    if (!declared) {
      throw new IllegalStateException(
          "task " + spec.name() + " does not declare its output " + ref.getDatasetType());
    }
    existing.add(ref);
  }

  @Override
  public void caveat(Caveat caveat, String message) {
    caveats.add(caveat);
    messages.add(message);
  }

  @Override
  public void metric(String name, double value) {
    metrics.put(name, value);
  }

  @Override
  public void checkCancelled() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("stopped by the runner");
    }
  }

  void note(Caveat caveat) {
    caveats.add(caveat);
  }

  Set<Caveat> caveats() {
    return caveats;
  }

  List<String> messages() {
    return messages;
  }

  Map<String, Double> metrics() {
    return metrics;
  }

  /** Content hash of everything staged, by path-free name. */
  Map<String, String> stagedHashes() {
    Map<String, String> hashes = new TreeMap<>();
    staged.forEach((key, dataset) -> hashes.put(key, dataset.contentHash()));
    existing.forEach(
        ref -> hashes.put(ref.getDatasetType() + "|" + ref.getDataId(), ref.getContentHash()));
    return hashes;
  }

  /** Makes everything visible. */
  List<DatasetRef> publish() throws IOException {
    List<DatasetRef> refs = new ArrayList<>(existing);
    for (Publisher.Staged dataset : staged.values()) {
      long start = System.nanoTime();
      refs.add(services.publisher().publish(dataset));
      ProcessMeters.PUBLISH.since(start);
    }
    return refs;
  }

  /** Removes what was staged and is not published. */
  void discard() {
    staged.values().forEach(services.publisher()::discard);
  }
}
