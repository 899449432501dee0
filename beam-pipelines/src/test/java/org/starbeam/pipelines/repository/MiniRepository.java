package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * A repository with runs of a small campaign, made with the real harness: two visits of two
 * detectors; each raw frame becomes a summary (intermediate), the summaries of a visit become a
 * visit summary (product).
 */
final class MiniRepository {
  static final int[] VISITS = {1, 2};
  static final int[] DETECTORS = {0, 1};

  private final Path root;

  MiniRepository(Path root) throws IOException {
    this.root = root;
    for (int visit : VISITS) {
      for (int detector : DETECTORS) {
        Files.createDirectories(root.resolve("input"));
        Files.writeString(raw(visit, detector), "frame " + visit + " " + detector);
      }
    }
  }

  Path raw(int visit, int detector) {
    return root.resolve("input/raw-" + visit + "-" + detector + ".fits");
  }

  static DataId detectorId(int visit, int detector) {
    return DataId.of("instrument", "SimCam", "visit", visit, "detector", detector);
  }

  /**
   * Makes a run whose task {@code characterize} has a setting.
   *
   * @param adoptFrom runs that it is rescued from
   */
  void run(String name, int setting, String... adoptFrom) throws IOException {
    Path campaign = Files.createDirectories(root.resolve("runs").resolve(name).resolve("campaign"));
    Files.writeString(
        campaign.resolve("resolved.yaml"),
        "starbeam: 1\ntemplate: mini\ntasks: {characterize: {setting: " + setting + "}}\n");
    CampaignContext context =
        CampaignContext.of(root, name)
            .withRetryDelaysMillis(List.of())
            .adoptingFrom(List.of(adoptFrom));
    try (QuantumTester tester = QuantumTester.in(context)) {
      for (int visit : VISITS) {
        List<QuantumResult> frames = new ArrayList<>();
        for (int detector : DETECTORS) {
          DataId id = DataId.of("instrument", "SimCam", "exposure", visit, "detector", detector);
          QuantumResult raw = tester.run(new Ingest(raw(visit, detector).toString()), id).result();
          frames.add(
              tester
                  .run(
                      new Maker("characterize", DatasetTypes.INITIAL_SUMMARY_DETECTOR, setting),
                      detectorId(visit, detector),
                      tester.input("in", raw))
                  .requireDone()
                  .result());
        }
        tester
            .run(
                new Maker("summarize", DatasetTypes.VISIT_SUMMARY, 0),
                DataId.of("instrument", "SimCam", "visit", visit),
                tester.input("in", frames.get(0)),
                tester.input("in", frames.get(1)))
            .requireDone();
      }
    }
  }

  private record Ingest(String file) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec("ingest", "ingest", 1, "{}", List.of(), List.of(DatasetTypes.RAW));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      Path path = Path.of(file);
      context.stageExisting(
          new DatasetRef(
              "raw",
              quantum.dataId().toString(),
              "",
              file,
              ContentHash.ofFile(path),
              Files.size(path)));
      return Outcome.done();
    }
  }

  private record Maker(String name, DatasetType output, int setting) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          name,
          "step1",
          1,
          "{\"setting\":" + setting + "}",
          List.of(TaskSpec.InputRule.gather("in", 1)),
          List.of(output));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      List<String> inputs =
          quantum.results("in").stream()
              .flatMap(r -> r.getOutputs().stream())
              .map(DatasetRef::getContentHash)
              .toList();
      context.stageJson(output, quantum.dataId(), Map.of("from", inputs, "setting", setting));
      context.metric("inputs", inputs.size());
      return Outcome.done();
    }
  }
}
