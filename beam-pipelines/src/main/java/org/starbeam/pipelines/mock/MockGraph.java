package org.starbeam.pipelines.mock;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/**
 * Twelve tasks that hang together as those of a campaign do: detectors are gathered to visits,
 * visits to fields of the sky and back, detectors to patches in bands, patches back to detectors.
 */
public final class MockGraph {
  private static final String CAMERA = "Mock";
  private static final String SKY = "mock";

  /**
   * A task of the graph.
   *
   * @param inputs tasks whose results it gathers
   */
  public record MockStage(String task, String step, Set<String> inputs) {}

  private final MockPlan plan;
  private final CampaignContext campaign;

  private MockGraph(MockPlan plan, CampaignContext campaign) {
    this.plan = plan;
    this.campaign = campaign;
  }

  /** The tasks in the order of the graph; a test compares them with it. */
  public static List<MockStage> stages() {
    return List.of(
        new MockStage("singleFrame", "step1", Set.of()),
        new MockStage("visitSummary", "step2", Set.of("singleFrame")),
        new MockStage("isolatedStars", "step2", Set.of("visitSummary")),
        new MockStage("astrometricSolve", "step2", Set.of("visitSummary", "isolatedStars")),
        new MockStage("finalVisit", "step2", Set.of("singleFrame", "astrometricSolve")),
        new MockStage("visitTables", "step2", Set.of("finalVisit")),
        new MockStage("selectVisits", "step3", Set.of("visitTables")),
        new MockStage("cellCoadd", "step3", Set.of("selectVisits", "finalVisit")),
        new MockStage("detectObjects", "step3", Set.of("cellCoadd")),
        new MockStage("diffim", "step4", Set.of("finalVisit", "cellCoadd")),
        new MockStage("forcedOnObjects", "step5", Set.of("diffim", "detectObjects")),
        new MockStage("releaseTables", "step6", Set.of("detectObjects", "forcedOnObjects")));
  }

  /** Adds the graph to an empty pipeline. */
  public static void build(Pipeline pipeline, MockPlan plan, CampaignContext campaign) {
    new MockGraph(plan, campaign).expand(pipeline);
  }

  static DataId detector(int visit, int detector) {
    return DataId.of("instrument", CAMERA, "visit", visit, "detector", detector);
  }

  static DataId visit(int visit) {
    return DataId.of("instrument", CAMERA, "visit", visit);
  }

  static DataId field(int field) {
    return DataId.of("instrument", CAMERA, "healpix9", field);
  }

  static DataId tractBand(int tract, String band) {
    return DataId.of("skymap", SKY, "tract", tract, "band", band);
  }

  static DataId patchBand(int tract, int patch, String band) {
    return DataId.of("skymap", SKY, "tract", tract, "patch", patch, "band", band);
  }

  static DataId patch(int tract, int patch) {
    return DataId.of("skymap", SKY, "tract", tract, "patch", patch);
  }

  private void expand(Pipeline pipeline) {
    MockPlan p = plan;
    PCollection<QuantumResult> frames =
        stage("singleFrame", "step1", List.of(InputRule.required("raw")), "visit", "detector")
            .from(raws(pipeline), (r, reader, out) -> out.send(id(r), "raw", r))
            .run();
    PCollection<QuantumResult> summaries =
        stage("visitSummary", "step2", List.of(InputRule.gather("frame", 1)), "visit")
            .from(frames, (r, reader, out) -> out.send(visit(number(r, "visit")), "frame", r))
            .run();
    PCollection<QuantumResult> stars =
        stage("isolatedStars", "step2", List.of(InputRule.gather("visit", 1)), "healpix9")
            .from(
                summaries,
                (r, reader, out) -> out.send(field(p.field(number(r, "visit"))), "visit", r))
            .run();
    PCollection<QuantumResult> solutions =
        stage("astrometricSolve", "step2", required("visit", "stars"), "visit")
            .from(summaries, (r, reader, out) -> out.send(id(r), "visit", r))
            .from(
                stars,
                (r, reader, out) -> {
                  for (int v = number(r, "healpix9"); v < p.visits(); v += p.fields()) {
                    out.send(visit(v), "stars", r);
                  }
                })
            .run();
    PCollection<QuantumResult> finals =
        stage("finalVisit", "step2", required("frame", "solution"), "visit", "detector")
            .from(frames, (r, reader, out) -> out.send(id(r), "frame", r))
            .from(
                solutions,
                (r, reader, out) -> {
                  for (int d = 0; d < p.detectors(); d++) {
                    out.send(detector(number(r, "visit"), d), "solution", r);
                  }
                })
            .run();
    PCollection<QuantumResult> tables =
        stage("visitTables", "step2", List.of(InputRule.gather("image", 1)), "visit")
            .from(finals, (r, reader, out) -> out.send(visit(number(r, "visit")), "image", r))
            .run();
    sky(finals, tables);
  }

  private void sky(PCollection<QuantumResult> finals, PCollection<QuantumResult> tables) {
    MockPlan p = plan;
    PCollection<QuantumResult> selections =
        stage("selectVisits", "step3", List.of(InputRule.gather("visit", 1)), "tract", "band")
            .from(
                tables,
                (r, reader, out) -> {
                  int v = number(r, "visit");
                  out.send(tractBand(p.field(v), p.bands().get(p.band(v))), "visit", r);
                })
            .run();
    PCollection<QuantumResult> coadds =
        stage(
                "cellCoadd",
                "step3",
                List.of(InputRule.required("selection"), InputRule.gather("image", 2)),
                "tract",
                "patch",
                "band")
            .from(
                selections,
                (r, reader, out) -> {
                  for (int q = 0; q < Math.min(p.patches(), p.detectors()); q++) {
                    out.send(patchBand(number(r, "tract"), q, id(r).get("band")), "selection", r);
                  }
                })
            .from(
                finals,
                (r, reader, out) -> {
                  int v = number(r, "visit");
                  int q = p.patch(number(r, "detector"));
                  out.send(patchBand(p.field(v), q, p.bands().get(p.band(v))), "image", r);
                })
            .run();
    PCollection<QuantumResult> objects =
        stage("detectObjects", "step3", List.of(InputRule.gather("coadd", 1)), "tract", "patch")
            .from(
                coadds,
                (r, reader, out) ->
                    out.send(patch(number(r, "tract"), number(r, "patch")), "coadd", r))
            .run();
    PCollection<QuantumResult> differences =
        stage("diffim", "step4", required("image", "template"), "visit", "detector")
            .from(finals, (r, reader, out) -> out.send(id(r), "image", r))
            .from(
                coadds,
                (r, reader, out) ->
                    covered(p, id(r), p.bands().indexOf(id(r).get("band")), out, "template", r))
            .run();
    PCollection<QuantumResult> forced =
        stage("forcedOnObjects", "step5", required("difference", "objects"), "visit", "detector")
            .from(differences, (r, reader, out) -> out.send(id(r), "difference", r))
            .from(objects, (r, reader, out) -> covered(p, id(r), -1, out, "objects", r))
            .run();
    stage(
            "releaseTables",
            "step6",
            List.of(InputRule.gather("objects", 1), InputRule.gather("forced", 1)),
            "tract",
            "patch")
        .from(objects, (r, reader, out) -> out.send(id(r), "objects", r))
        .from(
            forced,
            (r, reader, out) ->
                out.send(
                    patch(p.field(number(r, "visit")), p.patch(number(r, "detector"))),
                    "forced",
                    r))
        .run();
  }

  /** Sends what a patch has made to every detector that lies on it; of one band, or of all. */
  private static void covered(
      MockPlan p, DataId patch, int band, Router.Output out, String role, QuantumResult result) {
    for (int v = patch.getInt("tract"); v < p.visits(); v += p.fields()) {
      if (band < 0 || p.band(v) == band) {
        for (int d = patch.getInt("patch"); d < p.detectors(); d += p.patches()) {
          out.send(detector(v, d), role, result);
        }
      }
    }
  }

  private static DataId id(QuantumResult result) {
    return DataId.parse(result.getDataId());
  }

  private static int number(QuantumResult result, String dimension) {
    return id(result).getInt(dimension);
  }

  private static List<InputRule> required(String first, String second) {
    return List.of(InputRule.required(first), InputRule.required(second));
  }

  private PCollection<QuantumResult> raws(Pipeline pipeline) {
    List<Integer> visits = IntStream.range(0, plan.visits()).boxed().toList();
    return pipeline
        .apply("Visits", Create.of(visits).withCoder(VarIntCoder.of()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("Raws", ParDo.of(new RawFn(plan.detectors())))
        .setCoder(RecordCoder.of(QuantumResult.class));
  }

  /** The raw frames of a visit; they are named and do not exist. */
  private static final class RawFn extends DoFn<Integer, QuantumResult> {
    private static final long serialVersionUID = 1L;
    private final int detectors;

    RawFn(int detectors) {
      this.detectors = detectors;
    }

    @ProcessElement
    public void process(@Element Integer visit, OutputReceiver<QuantumResult> out) {
      for (int d = 0; d < detectors; d++) {
        DataId id = detector(visit, d);
        String hash = ContentHash.ofText("raw\n" + id);
        DatasetRef ref =
            new DatasetRef("mock_raw", id.toString(), "", "nofile:raw/" + id, hash, 0L);
        out.output(QuantumSources.of("raw", id, List.of(ref)));
      }
    }
  }

  private Stage stage(String name, String step, List<InputRule> inputs, String... dimensions) {
    List<String> all = new ArrayList<>(List.of(dimensions));
    all.add(dimensions[0].equals("tract") ? "skymap" : "instrument");
    MockTask task = MockTask.of(name, step, inputs, all, plan, campaign);
    return new Stage(QuantumStage.named(name).in(campaign), task);
  }

  /** A stage in the making with its task. */
  private record Stage(QuantumStage stage, MockTask task) {
    Stage from(PCollection<QuantumResult> results, Router router) {
      stage.route(results, router);
      return this;
    }

    PCollection<QuantumResult> run() {
      return stage.run(task);
    }
  }
}
