package org.starbeam.runners;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetType.StorageClass;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.SideResults;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * The shape of a nightly campaign with tasks that only write down the names of their inputs: frames
 * one by one, visits of all detectors, back to the detectors of the visit, and nights.
 */
final class StreamGraph {
  static final int DETECTORS = 2;
  private static final double ROLLOVER_HOURS = 12;

  private static final DatasetType FRAME =
      DatasetType.product("mock_frame", StorageClass.JSON, "instrument", "visit", "detector");
  private static final DatasetType VISIT =
      DatasetType.product("mock_visit", StorageClass.JSON, "instrument", "visit");
  private static final DatasetType FINAL =
      DatasetType.product("mock_final", StorageClass.JSON, "instrument", "visit", "detector");
  private static final DatasetType NIGHT =
      DatasetType.product("mock_night", StorageClass.JSON, "day_obs");

  private static final AtomicBoolean STOPPED = new AtomicBoolean();
  private static final AtomicBoolean BROKEN = new AtomicBoolean();

  private StreamGraph() {}

  /** Content hashes of the inputs. */
  record Inputs(List<String> names) {}

  /** Writes the content hashes of its inputs. */
  record NamesTask(String name, DatasetType type, List<InputRule> rules) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(name, "step1", 1, "{}", rules, List.of(type));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      List<String> names =
          quantum.inputs().stream()
              .flatMap(
                  input ->
                      input.getResult().getOutputs().stream()
                          .map(o -> input.getRole() + " " + o.getDataId() + o.getContentHash()))
              .toList();
      context.stageJson(type, quantum.dataId(), new Inputs(names));
      return Outcome.done();
    }
  }

  static void bounded(Pipeline pipeline, Path input, CampaignContext campaign) {
    try {
      build(pipeline, RawInputs.read(pipeline, InputFolder.of(input)), campaign);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static void stream(Pipeline pipeline, Path input, CampaignContext campaign) {
    build(
        pipeline,
        Ingest.arrivals(pipeline, input, null, ROLLOVER_HOURS, StreamGraph::isStopped, campaign),
        campaign);
  }

  private static boolean isStopped() {
    if (BROKEN.getAndSet(false)) {
      throw new IllegalStateException("the watcher of the input has died, as the test wants it");
    }
    return STOPPED.get();
  }

  /** Makes the next look at the input end its task. */
  static void breakDown() {
    BROKEN.set(true);
  }

  /** True when a task has been ended. */
  static boolean hasBroken() {
    return !BROKEN.get();
  }

  /** Ends the streams of this process, as an operator does. */
  static void stop() {
    STOPPED.set(true);
  }

  /** Lets the streams that begin now go on. */
  static void goOn() {
    STOPPED.set(false);
  }

  private static void build(
      Pipeline pipeline, PCollection<QuantumResult> files, CampaignContext campaign) {
    PCollection<QuantumResult> none = QuantumSources.of(pipeline, "none", List.of());
    PCollection<QuantumResult> raws = Ingest.exposures(files, none, none, ROLLOVER_HOURS, campaign);
    PCollection<QuantumResult> frames =
        QuantumStage.named("frame")
            .in(campaign)
            .window(CampaignWindows.nights(ROLLOVER_HOURS))
            .route(raws, StreamGraph::routeRaw)
            .side(SideResults.of("side", List.of(none)))
            .completeWhen(Completeness.single())
            .run(new NamesTask("frame", FRAME, List.of(InputRule.gather("raw", 1))));
    PCollection<QuantumResult> visits =
        QuantumStage.named("visit")
            .in(campaign)
            .route(frames, (r, reader, out) -> out.send(visit(r), "frame", r))
            .completeWhen(Completeness.of("frame", DETECTORS))
            .run(new NamesTask("visit", VISIT, List.of(InputRule.gather("frame", 1))));
    PCollection<QuantumResult> finals =
        QuantumStage.named("final")
            .in(campaign)
            .window(CampaignWindows.nights(ROLLOVER_HOURS))
            .route(frames, (r, reader, out) -> out.send(visit(r), "frame", r))
            .route(visits, (r, reader, out) -> out.send(visit(r), "visit", r))
            .completeWhen(Completeness.of("frame", DETECTORS).after("visit"))
            .rejoin(
                (key, inputs, out) ->
                    inputs.stream()
                        .filter(input -> input.getRole().equals("frame"))
                        .map(frame -> DataId.parse(frame.getResult().getDataId()))
                        .forEach(
                            id ->
                                inputs.stream()
                                    .filter(
                                        other ->
                                            other.getRole().equals("visit")
                                                || other.getResult().getDataId().equals(id + ""))
                                    .forEach(input -> out.send(id, input))),
                Completeness.of("frame", 1).after("frame").after("visit"))
            .run(
                new NamesTask(
                    "final",
                    FINAL,
                    List.of(InputRule.required("frame"), InputRule.required("visit"))));
    QuantumStage.named("night")
        .in(campaign)
        .route(
            finals,
            (r, reader, out) ->
                out.send(
                    DataId.of(
                        "day_obs", CampaignWindows.dayObs(r.getEventTimeMs(), ROLLOVER_HOURS)),
                    "final",
                    r))
        .run(new NamesTask("night", NIGHT, List.of(InputRule.gather("final", 1))));
  }

  private static void routeRaw(
      QuantumResult raw,
      QuantumContext.DatasetReader reader,
      org.starbeam.transforms.quantum.Router.Output out) {
    if (raw.getPayload() instanceof ObservationInfo info) {
      DataId id =
          DataId.of(
              "instrument",
              info.getInstrument(),
              "visit",
              info.getExposureId(),
              "detector",
              info.getDetector());
      out.send(id, "raw", raw);
    }
  }

  private static DataId visit(QuantumResult result) {
    return DataId.parse(result.getDataId()).only("instrument", "visit");
  }

  /** Content of every dataset of the newest firing of every quantum but ingest. */
  static Map<String, String> products(CampaignContext campaign) throws IOException {
    Map<String, String> out = new TreeMap<>();
    for (Map.Entry<String, QuantumRecord> entry : MockGraph.ended(campaign).entrySet()) {
      QuantumRecord record = entry.getValue();
      if (!record.getTask().equals("ingest")) {
        out.put(
            entry.getKey(),
            record.getStatus() == QuantumStatus.ADOPTED || record.getStatus() == QuantumStatus.DONE
                ? record.getOutputs().stream().map(DatasetRef::getContentHash).toList().toString()
                : record.getStatus() + " " + record.getMessage());
      }
    }
    return out;
  }
}
