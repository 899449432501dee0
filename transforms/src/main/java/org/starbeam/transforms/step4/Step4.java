package org.starbeam.transforms.step4;

import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.sky.VisitMeeting;

/**
 * step4: differences. Visits and templates of a band meet at (tract, patch, band); from there each
 * visit takes the templates to its own key (visit, detector).
 */
public final class Step4 {
  private Step4() {}

  /**
   * Subtracts the templates.
   *
   * @param visits results of finalVisit, with their summaries
   * @param templates results of templateCoadd
   * @return results of diffim, with the summaries of their visits
   */
  public static PCollection<QuantumResult> differences(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> templates) {
    return QuantumStage.named(DiffimTask.NAME)
        .in(campaign)
        .route(visits, VisitMeeting.visits(DiffimTask.VISIT, SkyRouting::patches))
        .route(templates, VisitMeeting.ownKey(DiffimTask.TEMPLATE))
        .rejoin(VisitMeeting.toVisits(DiffimTask.VISIT, DiffimTask.TEMPLATE))
        .run(new DiffimTask(campaign.config(DiffimTask.NAME, DiffimTask.Config.defaults())));
  }
}
