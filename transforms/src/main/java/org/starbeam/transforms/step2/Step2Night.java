package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.BaseProducts;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumStage;

/**
 * step2 where nothing is solved over visits: every visit for itself as soon as its detectors are
 * there. Stars in common with other nights are those of the runs that the campaign is based on, as
 * they were solved there; without such runs a visit is fitted to the reference catalogue alone.
 */
public final class Step2Night {
  private static final Healpix PIXELS = new Healpix(IsolatedStarsTask.ORDER);

  private Step2Night() {}

  /**
   * @param singleFrame results of singleFrame, with their summaries
   * @param detectors number of detectors of the camera
   * @param refcat view of the results of IngestRefcat (other results in it are ignored)
   * @return results of visitSummary, each with the solution of its visit
   */
  public static PCollection<QuantumResult> solutions(
      CampaignContext campaign,
      PCollection<QuantumResult> singleFrame,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> refcat) {
    VisitSummaryTask summary =
        new VisitSummaryTask(
            campaign.config(VisitSummaryTask.NAME, VisitSummaryTask.Config.defaults()));
    return QuantumStage.named(VisitSummaryTask.NAME)
        .in(campaign)
        .route(singleFrame, Step2Solve.visit(VisitSummaryTask.DETECTOR))
        .side(refcat)
        .assemble((key, inputs, side) -> withAcceptedStars(campaign, key, inputs, side))
        .completeWhen(Completeness.of(VisitSummaryTask.DETECTOR, detectors))
        .run(
            summary.calibrating(
                campaign.config(
                    AstrometricSolveTask.NAME, AstrometricSolveTask.Config.defaults())));
  }

  /** A visit with the reference catalogue and the blocks of accepted stars under it. */
  private static List<Quantum> withAcceptedStars(
      CampaignContext campaign, DataId key, List<QuantumInput> inputs, List<QuantumResult> side)
      throws IOException {
    RefStars.Cone cone = RefStars.Cone.aroundDetectors(inputs, AstrometricSolveTask.MARGIN_DEG);
    List<QuantumInput> all = new ArrayList<>(inputs);
    all.addAll(RefStars.inputs(side, cone));
    Set<DataId> blocks = new TreeSet<>();
    for (long pixel :
        PIXELS.cone(cone.center().raDeg(), cone.center().decDeg(), cone.radiusDeg())) {
      blocks.add(DataId.of("instrument", key.get("instrument"), "healpix9", pixel));
    }
    all.addAll(
        BaseProducts.inputs(
            campaign, DatasetTypes.ISOLATED_STAR_BLOCK, blocks, VisitCalibration.ACCEPTED));
    return List.of(Quantum.of(key, all));
  }
}
