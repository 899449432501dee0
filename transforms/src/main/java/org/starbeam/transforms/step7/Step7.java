package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.window.CampaignWindows;

/** step7: metrics by visit, then of the whole run. */
public final class Step7 {
  private Step7() {}

  /**
   * Measures the run.
   *
   * @param finalVisits results of finalVisit
   * @param objects results of objectTable
   * @param references campaign-wide results, of which the reference catalogue's shards are used
   */
  public static PCollection<QuantumResult> metrics(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      PCollection<QuantumResult> objects,
      PCollectionView<Iterable<QuantumResult>> references) {
    PCollection<QuantumResult> residuals = residuals(campaign, finalVisits, 1, references);
    return QuantumStage.named("runMetrics")
        .in(campaign)
        .route(
            residuals,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.RESIDUALS, r))
        .route(
            objects,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.OBJECTS, r))
        .run(RunMetricsTask.ofRun());
  }

  /**
   * Measures each night, when it closes.
   *
   * @param finalVisits results of finalVisit
   * @param detectors number of detectors of the camera, for streams
   * @param references campaign-wide results, of which the reference catalogue's shards are used
   */
  public static PCollection<QuantumResult> nightMetrics(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> references) {
    double rollover = campaign.arrivals().rolloverHours();
    return QuantumStage.named("nightMetrics")
        .in(campaign)
        .window(CampaignWindows.nights(rollover))
        .route(
            residuals(campaign, finalVisits, detectors, references),
            (r, reader, out) ->
                out.send(
                    DataId.of("name", "n" + CampaignWindows.dayObs(r.getEventTimeMs(), rollover)),
                    RunMetricsTask.RESIDUALS,
                    r))
        .run(RunMetricsTask.ofNight());
  }

  private static PCollection<QuantumResult> residuals(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> references) {
    return QuantumStage.named("metrics")
        .in(campaign)
        .completeWhen(Completeness.of(VisitMetricsTask.DETECTOR, detectors))
        .route(
            finalVisits,
            (r, reader, out) ->
                out.sendWithPayload(
                    DataId.parse(r.getDataId()).only("instrument", "visit"),
                    VisitMetricsTask.DETECTOR,
                    r))
        .side(references)
        .assemble(Step7::withReferences)
        .run(new VisitMetricsTask());
  }

  private static List<Quantum> withReferences(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    RefStars.Cone cone = RefStars.Cone.aroundDetectors(inputs, VisitMetricsTask.MARGIN_DEG);
    List<QuantumInput> all = new ArrayList<>(inputs);
    all.addAll(RefStars.inputs(side, cone));
    return List.of(Quantum.of(key, all));
  }
}
