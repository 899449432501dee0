package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;

/**
 * Runs a task on given inputs in a repository of its own, with the real harness but without Beam.
 *
 * <pre>{@code
 * QuantumTester tester = QuantumTester.in(temporaryDirectory);
 * QuantumResult raw = tester.given("ingest", rawId).existing(DatasetTypes.RAW, rawId, file)
 *     .payload(info).result();
 * QuantumResult bias = tester.given("combineFrames", detectorId)
 *     .file(DatasetTypes.BIAS, detectorId, path -> writeBias(path)).result();
 * QuantumTester.Ended ended = tester.run(task, id, tester.input("raw", raw), tester.input("bias", bias));
 * assertThat(ended.result().getStatus()).isEqualTo(QuantumStatus.DONE);
 * List<SourceRow> rows = ended.table(DatasetTypes.SOURCE_DETECTOR, SourceRow.class);
 * }</pre>
 */
public final class QuantumTester implements AutoCloseable {
  private final CampaignContext campaign;

  private QuantumTester(CampaignContext campaign) {
    this.campaign = campaign;
  }

  /** A tester whose repository is the given directory, which is made when it is not there. */
  public static QuantumTester in(Path repository) {
    try {
      Files.createDirectories(repository);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return in(CampaignContext.of(repository, "test").withRetryDelaysMillis(List.of()));
  }

  public static QuantumTester in(CampaignContext campaign) {
    return new QuantumTester(campaign);
  }

  public CampaignContext campaign() {
    return campaign;
  }

  /** Starts a made-up result of an earlier task. */
  public Given given(String task, DataId id) {
    return new Given(task, id);
  }

  /** An input in a role, with its payload. */
  public QuantumInput input(String role, QuantumResult result) {
    return new QuantumInput(role, result);
  }

  /** Runs the task on one quantum with these inputs. */
  public Ended run(QuantumTask task, DataId id, QuantumInput... inputs) throws IOException {
    return run(task, Quantum.of(id, List.of(inputs)));
  }

  public Ended run(QuantumTask task, Quantum quantum) throws IOException {
    CampaignServices services = CampaignServices.of(campaign);
    QuantumResult result = new QuantumHarness(services, task).execute(quantum);
    services.flush();
    QuantumRecord[] last = new QuantumRecord[1];
    Ledger.read(
        RepositoryPaths.ledger(campaign.root(), campaign.run()),
        record -> {
          if (record.getQuantumId().equals(result.getQuantumId())) {
            last[0] = record;
          }
        });
    return new Ended(result, last[0]);
  }

  /** Runs the task on one quantum; its record is not looked up in the ledger. */
  public QuantumResult execute(QuantumTask task, DataId id) {
    CampaignServices services = CampaignServices.of(campaign);
    return new QuantumHarness(services, task).execute(Quantum.of(id, List.of()));
  }

  public QuantumContext.DatasetReader reader() {
    return CampaignServices.of(campaign).reader();
  }

  @Override
  public void close() throws IOException {
    CampaignServices.close(campaign);
  }

  /** What came of a quantum. */
  public final class Ended {
    private final QuantumResult result;
    private final QuantumRecord record;

    Ended(QuantumResult result, QuantumRecord record) {
      this.result = result;
      this.record = record;
    }

    public QuantumResult result() {
      return result;
    }

    /** The terminal ledger record; its message and stack say why a quantum failed. */
    public QuantumRecord record() {
      return record;
    }

    /** This result; an assertion error with the task's own stack when the quantum is not done. */
    public Ended requireDone() {
      if (!QuantumResults.isPresent(result)) {
        throw new AssertionError(
            result.getStatus() + ": " + record.getMessage() + "\n" + record.getStack());
      }
      return this;
    }

    /** The one dataset of a type. */
    public DatasetRef ref(DatasetType type) {
      List<DatasetRef> found = refs(type);
      if (found.size() != 1) {
        throw new AssertionError(
            found.size() + " datasets " + type.name() + "; message: " + record.getMessage());
      }
      return found.get(0);
    }

    public List<DatasetRef> refs(DatasetType type) {
      return result.getOutputs().stream()
          .filter(ref -> ref.getDatasetType().equals(type.name()))
          .toList();
    }

    public Path path(DatasetType type) {
      return reader().path(ref(type));
    }

    public <T extends SpecificRecord> List<T> table(DatasetType type, Class<T> rowClass)
        throws IOException {
      return TableReader.read(path(type), rowClass);
    }

    public <T> T json(DatasetType type, Class<T> documentClass) throws IOException {
      return reader().json(ref(type), documentClass);
    }
  }

  /** A result of an earlier task in the making. */
  public final class Given {
    private final String task;
    private final DataId id;
    private final List<DatasetRef> outputs = new ArrayList<>();
    private @Nullable SpecificRecord payload;
    private long eventTimeMs;

    Given(String task, DataId id) {
      this.task = task;
      this.id = id;
    }

    /** A dataset that the writer fills, published like a real one. */
    public Given file(DatasetType type, DataId dataset, QuantumContext.FileWriter writer)
        throws IOException {
      QuantumTask maker =
          new QuantumTask() {
            private static final long serialVersionUID = 1L;

            @Override
            public TaskSpec spec() {
              return new TaskSpec("given", "test", 1, "{}", List.of(), List.of(type));
            }

            @Override
            public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
              context.stageFile(type, dataset, writer);
              return Outcome.done();
            }
          };
      DataId name = DataId.of("name", ContentHash.ofText(type.name() + dataset).substring(0, 16));
      Ended ended = QuantumTester.this.run(maker, name).requireDone();
      outputs.addAll(ended.result().getOutputs());
      return this;
    }

    /** A JSON dataset. */
    public Given json(DatasetType type, DataId dataset, Object document) throws IOException {
      String text = CanonicalJson.write(document);
      return file(type, dataset, path -> Files.writeString(path, text));
    }

    /** A table of all columns of its rows. */
    public <T extends SpecificRecord> Given table(
        DatasetType type, DataId dataset, Class<T> rowClass, List<T> rows) throws IOException {
      return file(
          type,
          dataset,
          path -> TableWriter.write(path, rowClass, rows, List.of(), List.of(), Map.of()));
    }

    /** A dataset that stays where it is. */
    public Given existing(DatasetType type, DataId dataset, Path file) throws IOException {
      outputs.add(
          new DatasetRef(
              type.name(),
              dataset.toString(),
              campaign.run(),
              file.toAbsolutePath().toString(),
              ContentHash.of(type, file),
              Files.size(file)));
      return this;
    }

    public Given payload(SpecificRecord record) {
      payload = record;
      return this;
    }

    public Given eventTimeMs(long time) {
      eventTimeMs = time;
      return this;
    }

    public QuantumResult result() {
      return marker(QuantumStatus.DONE);
    }

    /** The same task's absence marker: FAILED, BLOCKED, NO_WORK or SKIPPED. */
    public QuantumResult marker(QuantumStatus status) {
      boolean broken = status == QuantumStatus.FAILED || status == QuantumStatus.BLOCKED;
      return QuantumResult.newBuilder()
          .setTask(task)
          .setQuantumId(InputHash.quantumId(task, id))
          .setDataId(id.toString())
          .setWindow("all")
          .setEventTimeMs(eventTimeMs)
          .setStatus(status)
          .setOutputs(List.copyOf(outputs))
          .setRootCauses(broken ? List.of(task + "(" + id + ")") : List.of())
          .setPayload(payload)
          .build();
    }
  }
}
