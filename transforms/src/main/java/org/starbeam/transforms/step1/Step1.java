package org.starbeam.transforms.step1;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.window.CampaignWindows;

/** First characterization of every detector of every science exposure. */
public final class Step1 {
  /** Field radius by which shards of the reference catalogue are chosen, degrees. */
  private static final double FIELD_RADIUS_DEG = 2.5;

  private Step1() {}

  /**
   * @param raws results of ingest
   * @param rolloverHours hours from midnight to the change of the observing day; frames are
   *     gathered in windows of nights
   * @param side camera, certified calibrations, reference catalogue shards
   */
  public static PCollection<QuantumResult> singleFrame(
      CampaignContext campaign,
      PCollection<QuantumResult> raws,
      double rolloverHours,
      PCollectionView<Iterable<QuantumResult>> side) {
    return QuantumStage.named(SingleFrameTask.NAME)
        .in(campaign)
        .window(CampaignWindows.nights(rolloverHours))
        .route(raws, Step1::routeRaw)
        .side(side)
        .assemble((key, inputs, all) -> List.of(quantum(key, inputs, all)))
        .run(
            new SingleFrameTask(
                campaign.config(SingleFrameTask.NAME, SingleFrameTask.Config.defaults())));
  }

  /** Sends raws of the sky to (visit, detector); raws that ingest refused have no such key. */
  public static void routeRaw(
      QuantumResult raw, QuantumContext.DatasetReader reader, Router.Output out) {
    if (SkyExposures.contains(raw) && raw.getPayload() instanceof ObservationInfo info) {
      Long visit = info.getVisitId();
      DataId key =
          DataId.of(
              "instrument",
              info.getInstrument(),
              "visit",
              visit == null ? info.getExposureId() : visit,
              "detector",
              info.getDetector());
      out.sendWithPayload(key, IsrInputs.RAW, raw);
    }
  }

  /** A raw with its calibrations and the shards around its pointing. */
  public static Quantum quantum(DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    List<QuantumInput> all = new ArrayList<>(inputs);
    for (QuantumInput input : inputs) {
      if (input.getRole().equals(IsrInputs.RAW)) {
        all.addAll(IsrInputs.select(input.getResult(), side));
        all.addAll(shards(input.getResult(), side));
      }
    }
    return Quantum.of(key, all);
  }

  private static List<QuantumInput> shards(QuantumResult raw, List<QuantumResult> side) {
    ObservationInfo info = IsrInputs.info(raw);
    Double ra = info.getBoresightRa();
    Double dec = info.getBoresightDec();
    return ra == null || dec == null
        ? RefStars.allInputs(side)
        : RefStars.inputs(side, new RefStars.Cone(new SkyPoint(ra, dec), FIELD_RADIUS_DEG));
  }
}
