package org.starbeam.transforms.step1;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.window.CampaignWindows;

/** First characterization of every detector of every science exposure. */
public final class Step1 {
  private static final String SCIENCE = "SCIENCE";

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
    if (QuantumResults.isPresent(raw)
        && raw.getPayload() instanceof ObservationInfo info
        && isOfTheSky(info)) {
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

  private static boolean isOfTheSky(ObservationInfo info) {
    return info.getObservationType().equals(SCIENCE)
        || info.getObservationType().equals(IsrInputs.CALIBRATED);
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

  /** The catalogue's result with the shards that an exposure may see; none when it sees none. */
  private static List<QuantumInput> shards(QuantumResult raw, List<QuantumResult> side) {
    ObservationInfo info = IsrInputs.info(raw);
    List<QuantumInput> out = new ArrayList<>();
    for (QuantumResult result : side) {
      List<DatasetRef> near =
          result.getOutputs().stream()
              .filter(ref -> ref.getDatasetType().equals(DatasetTypes.REFCAT.name()))
              .filter(ref -> mayOverlap(ref, info.getBoresightRa(), info.getBoresightDec()))
              .toList();
      if (!near.isEmpty()) {
        QuantumResult part = QuantumResult.newBuilder(result).setOutputs(near).build();
        out.add(new QuantumInput(References.REFCAT, part));
      }
    }
    return out;
  }

  private static boolean mayOverlap(DatasetRef shard, @Nullable Double ra, @Nullable Double dec) {
    return ra == null
        || dec == null
        || References.mayOverlap(DataId.parse(shard.getDataId()), ra, dec);
  }
}
