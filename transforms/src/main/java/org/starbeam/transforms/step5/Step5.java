package org.starbeam.transforms.step5;

import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.sky.VisitMeeting;

/**
 * step5: objects of the differences, and forced photometry. Visits meet objects at the tract and
 * DiaObjects at the pixel in which they were associated; from there each visit takes the tables of
 * places to its own key (visit, detector), where its difference image waits.
 */
public final class Step5 {
  private Step5() {}

  /**
   * Measures every object on every visit and difference image.
   *
   * @param visits results of finalVisit, with their summaries
   * @param differences results of diffim
   * @param objects results of objectTable
   */
  public static PCollection<QuantumResult> forcedSources(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> differences,
      PCollection<QuantumResult> objects) {
    return forced(
        campaign,
        visits,
        SkyRouting::tracts,
        differences,
        objects,
        new ForcedOnObjectsTask(
            campaign.config(ForcedOnObjectsTask.NAME, ForcedConfig.defaults())));
  }

  /**
   * Measures every DiaObject on every visit and difference image.
   *
   * @param visits results of finalVisit, with their summaries
   * @param differences results of diffim
   * @param associations results of associateDia
   */
  public static PCollection<QuantumResult> forcedOnDiaObjects(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> differences,
      PCollection<QuantumResult> associations) {
    return forced(
        campaign,
        visits,
        DiaPixels::under,
        differences,
        associations,
        new ForcedOnDiaObjectsTask(
            campaign.config(ForcedOnDiaObjectsTask.NAME, ForcedConfig.defaults())));
  }

  private static PCollection<QuantumResult> forced(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      VisitMeeting.Places places,
      PCollection<QuantumResult> differences,
      PCollection<QuantumResult> tables,
      ForcedTask<?> task) {
    return QuantumStage.named(task.spec().name())
        .in(campaign)
        .route(visits, VisitMeeting.visits(ForcedTask.VISIT, places))
        .route(differences, VisitMeeting.ownKey(ForcedTask.DIFFERENCE))
        .route(tables, VisitMeeting.ownKey(ForcedTask.PLACES))
        .rejoin(VisitMeeting.toVisits(ForcedTask.VISIT, ForcedTask.PLACES))
        .run(task);
  }

  /**
   * Associates the DiaSources of all visits.
   *
   * @param visits results of finalVisit, with their summaries
   * @param differences results of diffim
   * @return results of associateDia
   */
  public static PCollection<QuantumResult> associations(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> differences) {
    return QuantumStage.named(AssociateDiaTask.NAME)
        .in(campaign)
        .route(visits, VisitMeeting.visits(ForcedTask.VISIT))
        .route(differences, VisitMeeting.ownKey(AssociateDiaTask.DIFFERENCE))
        .rejoin(VisitMeeting.toPlaces(ForcedTask.VISIT, DiaPixels::under))
        .run(
            new AssociateDiaTask(
                campaign.config(AssociateDiaTask.NAME, AssociateDiaTask.Config.defaults())));
  }

  /**
   * Completes the DiaObjects.
   *
   * @param visits results of finalVisit, with their summaries
   * @param associations results of associateDia
   * @param forced results of forcedOnDiaObjects
   * @param objects results of objectTable
   * @return results of diaObjects
   */
  public static PCollection<QuantumResult> diaObjects(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> associations,
      PCollection<QuantumResult> forced,
      PCollection<QuantumResult> objects) {
    return QuantumStage.named(DiaObjectsTask.NAME)
        .in(campaign)
        .route(visits, VisitMeeting.visits(ForcedTask.VISIT))
        .route(associations, VisitMeeting.ownKey(DiaObjectsTask.ASSOCIATION))
        .route(forced, VisitMeeting.ownKey(DiaObjectsTask.FORCED))
        .route(objects, Step5::toPixels)
        .rejoin(VisitMeeting.toPlaces(ForcedTask.VISIT, DiaPixels::under))
        .assemble(Step5::associatedPixels)
        .run(new DiaObjectsTask());
  }

  private static void toPixels(
      QuantumResult objects, QuantumContext.DatasetReader reader, Router.Output out) {
    int tract = DataId.parse(objects.getDataId()).getInt("tract");
    for (DataId pixel : DiaPixels.under(RingsSkyMap.defaults().tract(tract))) {
      out.send(pixel, DiaObjectsTask.OBJECTS, objects);
    }
  }

  /** Pixels under a tract that no difference has seen are no quanta. */
  private static List<Quantum> associatedPixels(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean any = inputs.stream().anyMatch(i -> i.getRole().equals(DiaObjectsTask.ASSOCIATION));
    return any ? List.of(Quantum.of(key, inputs)) : List.of();
  }
}
