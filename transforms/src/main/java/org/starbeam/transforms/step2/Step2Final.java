package org.starbeam.transforms.step2;

import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.step1.Step1;
import org.starbeam.transforms.window.CampaignWindows;

/** Final characterization of every detector, and the tables of every visit. */
public final class Step2Final {
  private Step2Final() {}

  /**
   * @param raws results of ingest
   * @param singleFrames results of the first characterization, by (visit, detector)
   * @param solutions results of the astrometric and photometric solution, by visit
   * @param windows what a visit and its solution meet in
   * @param detectors number of detectors of the camera, for streams
   * @param side camera and certified calibrations
   */
  public static PCollection<QuantumResult> finalVisit(
      CampaignContext campaign,
      PCollection<QuantumResult> raws,
      PCollection<QuantumResult> singleFrames,
      PCollection<QuantumResult> solutions,
      CampaignWindows windows,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> side) {
    return QuantumStage.named(FinalVisitTask.NAME)
        .in(campaign)
        .window(windows)
        .completeWhen(
            Completeness.of(FinalVisitTask.INITIAL, detectors)
                .and(IsrInputs.RAW, detectors)
                .after(FinalVisitTask.SOLUTION))
        .route(raws, Step2Final::routeRaw)
        .route(
            singleFrames,
            (result, reader, out) -> out.send(visitOf(result), FinalVisitTask.INITIAL, result))
        .route(
            solutions,
            (result, reader, out) -> out.send(visitOf(result), FinalVisitTask.SOLUTION, result))
        .rejoin(
            Step2Final::toDetectors,
            Completeness.of(IsrInputs.RAW, 1)
                .after(FinalVisitTask.INITIAL)
                .after(FinalVisitTask.SOLUTION))
        .side(side)
        .assemble(Step2Final::quanta)
        .run(
            new FinalVisitTask(
                campaign.config(FinalVisitTask.NAME, FinalVisitTask.Config.defaults())));
  }

  private static DataId visitOf(QuantumResult result) {
    return DataId.parse(result.getDataId()).only("instrument", "visit");
  }

  /** Sends raws of the sky to their visit. */
  private static void routeRaw(
      QuantumResult raw, QuantumContext.DatasetReader reader, Router.Output out) {
    Step1.routeRaw(raw, reader, (key, input) -> out.send(key.only("instrument", "visit"), input));
  }

  /** From the visit on to each of its detectors that has a first characterization or a marker. */
  private static void toDetectors(DataId visit, List<QuantumInput> inputs, Router.Output out) {
    for (QuantumInput input : inputs) {
      if (input.getRole().equals(FinalVisitTask.INITIAL)) {
        DataId key = DataId.parse(input.getResult().getDataId());
        out.send(key, input);
        for (QuantumInput other : inputs) {
          if (other.getRole().equals(FinalVisitTask.SOLUTION)
              || (other.getRole().equals(IsrInputs.RAW) && isOf(other, key))) {
            out.send(key, other);
          }
        }
      }
    }
  }

  private static boolean isOf(QuantumInput raw, DataId key) {
    return IsrInputs.info(raw.getResult()).getDetector() == key.getInt("detector");
  }

  /**
   * The tables of a visit from its detectors.
   *
   * @param detectors number of detectors of the camera, for streams
   */
  public static PCollection<QuantumResult> visitTables(
      CampaignContext campaign, PCollection<QuantumResult> finalVisits, int detectors) {
    return QuantumStage.named("visitTables")
        .in(campaign)
        .completeWhen(Completeness.of(VisitTablesTask.DETECTOR, detectors))
        .route(
            finalVisits,
            (result, reader, out) ->
                out.sendWithPayload(
                    DataId.parse(result.getDataId()).only("instrument", "visit"),
                    VisitTablesTask.DETECTOR,
                    result))
        .run(
            new VisitTablesTask(
                campaign.config("selectVisits", CoaddInputSelector.Config.defaults())));
  }

  /** A detector whose first characterization failed needs no calibrations: it is blocked by it. */
  private static List<Quantum> quanta(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean broken =
        inputs.stream()
            .filter(input -> input.getRole().equals(FinalVisitTask.INITIAL))
            .anyMatch(input -> !QuantumResults.isPresent(input.getResult()));
    if (broken) {
      return List.of(Quantum.of(key, inputs));
    }
    Quantum all = Step1.quantum(key, inputs, side);
    return List.of(
        Quantum.of(
            key,
            all.inputs().stream()
                .filter(input -> !input.getRole().equals(RefStars.ROLE))
                .toList()));
  }
}
