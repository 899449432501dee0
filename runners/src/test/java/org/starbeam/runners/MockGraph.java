package org.starbeam.runners;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetType.StorageClass;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Ledger;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.SideResults;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** Frames are made into numbers, numbers gathered into visits, visits sent back to frames. */
final class MockGraph {
  static final DatasetType FRAME =
      DatasetType.product("mock_frame", StorageClass.JSON, "instrument", "visit", "detector");
  static final DatasetType VISIT =
      DatasetType.product("mock_visit", StorageClass.JSON, "instrument", "visit");
  static final DatasetType FINAL =
      DatasetType.product("mock_final", StorageClass.JSON, "instrument", "visit", "detector");

  private MockGraph() {}

  /** A number. */
  record Value(double value) {}

  /** Writes a number made from the data id; fails for detectors that are to fail. */
  record FrameTask(Set<Integer> failing) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "mockFrame", "step1", 1, "{}", List.of(InputRule.required("raw")), List.of(FRAME));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      int detector = quantum.dataId().getInt("detector");
      if (failing.contains(detector)) {
        throw new BadInputException("TRUNCATED", "detector " + detector + " ends early");
      }
      double value = 1.0 / (quantum.dataId().getLong("visit") * 100 + detector);
      context.stageJson(FRAME, quantum.dataId(), new Value(value));
      return Outcome.done();
    }
  }

  /** Adds the numbers of all frames of a visit, a sum that depends on the order of its terms. */
  record VisitTask(int min) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "mockVisit", "step2", 1, "{}", List.of(InputRule.gather("frame", min)), List.of(VISIT));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      double sum = 0;
      for (DatasetRef ref : quantum.refs("frame", "mock_frame")) {
        sum += context.reader().cached(ref, Value.class, MockGraph::read).value();
      }
      context.stageJson(VISIT, quantum.dataId(), new Value(sum));
      return Outcome.done();
    }
  }

  /** Divides each frame's number by its visit's. */
  record FinalTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "mockFinal",
          "step2",
          1,
          "{}",
          List.of(
              InputRule.required("frame"), InputRule.required("visit"), InputRule.optional("side")),
          List.of(FINAL));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      Value frame = context.reader().json(quantum.ref("frame", "mock_frame"), Value.class);
      Value visit = context.reader().json(quantum.ref("visit", "mock_visit"), Value.class);
      int side = quantum.results("side").size();
      context.stageJson(FINAL, quantum.dataId(), new Value(side * frame.value() / visit.value()));
      return Outcome.done();
    }
  }

  private static Value read(Path file) throws IOException {
    return CanonicalJson.read(Files.readString(file), Value.class);
  }

  /** One raw per visit and detector. */
  static List<QuantumResult> raws(int visits, int detectors) {
    List<QuantumResult> raws = new ArrayList<>();
    for (int visit = 1; visit <= visits; visit++) {
      for (int detector = 0; detector < detectors; detector++) {
        DataId id = DataId.of("instrument", "SimCam", "visit", visit, "detector", detector);
        DatasetRef ref =
            new DatasetRef(
                "raw", id.toString(), "", "raw/" + id, ContentHash.ofText(id.toString()), 100L);
        raws.add(QuantumSources.of("ingest", id, List.of(ref)));
      }
    }
    return raws;
  }

  static void build(
      Pipeline pipeline, CampaignContext campaign, List<QuantumResult> raws, Set<Integer> failing) {
    PCollection<QuantumResult> source = QuantumSources.of(pipeline, "raws", raws);
    PCollection<QuantumResult> frames =
        QuantumStage.named("mockFrame")
            .in(campaign)
            .route(source, (r, reader, out) -> out.send(DataId.parse(r.getDataId()), "raw", r))
            .run(new FrameTask(failing));
    PCollection<QuantumResult> visits =
        QuantumStage.named("mockVisit")
            .in(campaign)
            .route(frames, (r, reader, out) -> out.send(visit(r), "frame", r))
            .run(new VisitTask(2));
    QuantumStage.named("mockFinal")
        .in(campaign)
        .route(frames, (r, reader, out) -> out.send(visit(r), "frame", r))
        .route(visits, (r, reader, out) -> out.send(visit(r), "visit", r))
        .rejoin(
            (key, inputs, out) ->
                inputs.stream()
                    .filter(input -> input.getRole().equals("frame"))
                    .map(frame -> DataId.parse(frame.getResult().getDataId()))
                    .forEach(
                        id ->
                            inputs.stream()
                                .filter(
                                    input ->
                                        input.getRole().equals("visit")
                                            || input.getResult().getDataId().equals(id.toString()))
                                .forEach(input -> out.send(id, input))))
        .side(SideResults.of("visits", List.of(visits)))
        .run(new FinalTask());
  }

  private static DataId visit(QuantumResult result) {
    return DataId.parse(result.getDataId()).only("instrument", "visit");
  }

  /** Last terminal record of each quantum, by task and data id. */
  static Map<String, QuantumRecord> ended(CampaignContext campaign) throws IOException {
    Map<String, QuantumRecord> out = new TreeMap<>();
    Ledger.read(
        RepositoryPaths.ledger(campaign.root(), campaign.run()),
        record -> {
          if (record.getStatus() != QuantumStatus.RUNNING) {
            out.put(record.getTask() + "(" + record.getDataId() + ")", record);
          }
        });
    return out;
  }

  /** Number of attempts that were started. */
  static int started(CampaignContext campaign) throws IOException {
    int[] count = new int[1];
    Ledger.read(
        RepositoryPaths.ledger(campaign.root(), campaign.run()),
        record -> count[0] += record.getStatus() == QuantumStatus.RUNNING ? 1 : 0);
    return count[0];
  }
}
