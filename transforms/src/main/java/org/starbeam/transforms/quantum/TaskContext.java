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
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.store.FileTrees;

/** The context of one attempt of one quantum. */
final class TaskContext implements QuantumContext, AutoCloseable {
  private final Workplace workplace;
  private final CancelToken cancel;
  private final TaskSpec spec;
  private final Quantum quantum;
  private final String inputHash;
  private final Map<String, Publisher.Staged> staged = new TreeMap<>();
  private final List<DatasetRef> existing = new ArrayList<>();
  private final Set<Caveat> caveats = EnumSet.noneOf(Caveat.class);
  private final List<String> messages = new ArrayList<>();
  private final Map<String, Double> metrics = new TreeMap<>();
  private final HoldingReader reader;

  TaskContext(
      Workplace workplace, TaskSpec spec, Quantum quantum, String inputHash, CancelToken cancel) {
    this.workplace = workplace;
    this.spec = spec;
    this.quantum = quantum;
    this.cancel = cancel;
    this.reader = new HoldingReader(workplace.reader(), workplace.files().hold());
    this.inputHash = inputHash;
  }

  private Map<String, String> provenance() {
    return Map.of(
        "SB_QID", InputHash.quantumId(spec.name(), quantum.dataId()),
        "SB_INHSH", inputHash,
        "SB_CODE", workplace.campaign().codeVersion());
  }

  /** What it opens stays on this node until the attempt has ended. */
  @Override
  public DatasetReader reader() {
    return reader;
  }

  @Override
  public List<DatasetRef> earlier(DatasetType type, DataId id) throws IOException {
    return workplace.earlier().versions(type, id.toString()).stream()
        .filter(workplace.files()::exists)
        .toList();
  }

  @Override
  public int release() {
    return workplace.campaign().release();
  }

  @Override
  public int instrumentNumber(String instrument) {
    return workplace
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
            TableWriter.write(file, rowClass, rows, columns, List.of(), provenance())
                .contentHash());
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
    workplace.requireRepository();
    Path temporary = workplace.publisher().temporary(type, id);
    boolean written = false;
    try {
      String hash = writer.write(temporary);
      staged.put(key, workplace.publisher().stage(type, id, temporary, hash));
      written = true;
    } finally {
      if (!written) {
        FileTrees.discard(temporary);
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
    quantum.inputs().stream()
        .flatMap(input -> input.getResult().getOutputs().stream())
        .filter(read -> read.getPath().equals(ref.getPath()))
        .forEach(read -> workplace.files().alias(read, ref));
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
    cancel.check();
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

  List<Publisher.Staged> staged() {
    return List.copyOf(staged.values());
  }

  List<DatasetRef> existing() {
    return List.copyOf(existing);
  }

  /** Lets go of what was opened. */
  @Override
  public void close() {
    reader.hold().close();
  }

  /** Removes what was staged. */
  void discard() {
    staged.values().forEach(workplace.publisher()::discard);
  }
}
