package org.starbeam.transforms.step3;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.image.Box;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.MergedParentRow;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.step2.IsolatedStarsTask;

/**
 * step3, second half: objects detected on the coadds of all bands, measured, and audited by tract.
 */
public final class Step3Objects {
  private Step3Objects() {}

  /**
   * Objects of the coadds.
   *
   * @param stars results of starMotion, whose motions the objects get
   * @return results of objectTable
   */
  public static PCollection<QuantumResult> objects(
      CampaignContext campaign,
      PCollection<QuantumResult> deepCoadds,
      PCollection<QuantumResult> stars) {
    PCollection<QuantumResult> detected =
        QuantumStage.named("detectObjects")
            .in(campaign)
            .route(deepCoadds, (r, reader, out) -> out.send(patch(r), DetectObjectsTask.COADD, r))
            .run(
                new DetectObjectsTask(
                    campaign.config("detectObjects", DetectObjectsTask.Config.defaults())));
    PCollection<QuantumResult> measured =
        QuantumStage.named("measureObjects")
            .in(campaign)
            .route(detected, Step3Objects::parentsToBins)
            .route(deepCoadds, Step3Objects::coaddToBins)
            .assemble(Step3Objects::binsWithParents)
            .run(
                new MeasureObjectsTask(
                    campaign.config("measureObjects", MeasureObjectsTask.Config.defaults())));
    return QuantumStage.named("objectTable")
        .in(campaign)
        .route(measured, Step3Objects::byTract)
        .route(stars, Step3Objects::starsToTracts)
        .assemble(Step3Objects::tractsWithObjects)
        .run(new ObjectTableTask());
  }

  private static DataId patch(QuantumResult result) {
    return DataId.parse(result.getDataId()).only("skymap", "tract", "patch");
  }

  /**
   * Sends a patch's rows to its tract and to every tract with a patch that may hold the same
   * sources.
   */
  private static void byTract(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out) {
    DataId id = DataId.parse(result.getDataId());
    DataId own = id.only("skymap", "tract");
    out.send(own, ObjectTableTask.OWN, result);
    for (int other : SkyRouting.tractsNear(id.getInt("tract"), id.getInt("patch"))) {
      if (other != id.getInt("tract")) {
        out.send(own.with("tract", other), ObjectTableTask.NEIGHBOUR, result);
      }
    }
  }

  /** Sends the stars of a pixel to every tract that overlaps it. */
  private static void starsToTracts(
      QuantumResult stars, QuantumContext.DatasetReader reader, Router.Output out) {
    Healpix pixels = new Healpix(IsolatedStarsTask.ORDER);
    SkyPoint[] corners = pixels.corners(DataId.parse(stars.getDataId()).getLong("healpix9"));
    double[] ra = Arrays.stream(corners).mapToDouble(SkyPoint::raDeg).toArray();
    double[] dec = Arrays.stream(corners).mapToDouble(SkyPoint::decDeg).toArray();
    for (int tract : SkyRouting.tracts(ra, dec)) {
      out.send(
          DataId.of("skymap", SkyRouting.SKYMAP, "tract", tract), ObjectTableTask.STARS, stars);
    }
  }

  private static List<Quantum> tractsWithObjects(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean any = inputs.stream().anyMatch(i -> i.getRole().equals(ObjectTableTask.OWN));
    return any ? List.of(Quantum.of(key, inputs)) : List.of();
  }

  /** Sends the parents of a patch to the bins that hold one; an absence marker to the first bin. */
  private static void parentsToBins(
      QuantumResult detected, QuantumContext.DatasetReader reader, Router.Output out)
      throws IOException {
    Set<String> bins = new TreeSet<>();
    Box outer = outerBox(detected);
    for (DatasetRef ref : detected.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.MERGED_PARENT.name())) {
        for (MergedParentRow row : reader.table(ref, MergedParentRow.class)) {
          bins.add(MeasureObjectsTask.bin(row, outer));
        }
      }
    }
    if (!QuantumResults.isPresent(detected)) {
      bins.add(MeasureObjectsTask.bins(outer).get(0));
    }
    for (String bin : bins) {
      out.send(patch(detected).with("name", bin), MeasureObjectsTask.PARENTS, detected);
    }
  }

  /** Sends a coadd to every bin of its patch; bins without a parent are dropped afterwards. */
  private static void coaddToBins(
      QuantumResult coadd, QuantumContext.DatasetReader reader, Router.Output out) {
    for (String bin : MeasureObjectsTask.bins(outerBox(coadd))) {
      out.send(patch(coadd).with("name", bin), MeasureObjectsTask.COADD, coadd);
    }
  }

  private static List<Quantum> binsWithParents(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean any = inputs.stream().anyMatch(i -> i.getRole().equals(MeasureObjectsTask.PARENTS));
    return any ? List.of(Quantum.of(key, inputs)) : List.of();
  }

  private static Box outerBox(QuantumResult result) {
    DataId id = DataId.parse(result.getDataId());
    return RingsSkyMap.defaults().tract(id.getInt("tract")).patchOuterBox(id.getInt("patch"));
  }
}
