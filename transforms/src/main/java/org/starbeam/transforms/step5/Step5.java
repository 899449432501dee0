package org.starbeam.transforms.step5;

import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.sky.VisitMeeting;

/**
 * step5: forced photometry. Visits and objects meet at the tract; from there each visit takes the
 * object tables of the tracts that it overlaps to its own key (visit, detector), where its
 * difference image waits.
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
    return QuantumStage.named(ForcedOnObjectsTask.NAME)
        .in(campaign)
        .route(visits, VisitMeeting.visits(ForcedOnObjectsTask.VISIT, SkyRouting::tracts))
        .route(differences, VisitMeeting.ownKey(ForcedOnObjectsTask.DIFFERENCE))
        .route(objects, VisitMeeting.ownKey(ForcedOnObjectsTask.OBJECTS))
        .rejoin(VisitMeeting.toVisits(ForcedOnObjectsTask.VISIT, ForcedOnObjectsTask.OBJECTS))
        .run(
            new ForcedOnObjectsTask(
                campaign.config(ForcedOnObjectsTask.NAME, ForcedOnObjectsTask.Config.defaults())));
  }
}
