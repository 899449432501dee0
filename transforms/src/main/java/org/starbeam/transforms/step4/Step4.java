package org.starbeam.transforms.step4;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.BaseProducts;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
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

  /**
   * Subtracts the templates of the runs that the campaign is based on, detector by detector. A
   * detector that none of them covers is no work.
   *
   * @param visits results of finalVisit, with their summaries
   */
  public static PCollection<QuantumResult> againstAccepted(
      CampaignContext campaign, PCollection<QuantumResult> visits) {
    return QuantumStage.named(DiffimTask.NAME)
        .in(campaign)
        .route(
            visits,
            (visit, reader, out) ->
                out.sendWithPayload(DataId.parse(visit.getDataId()), DiffimTask.VISIT, visit))
        .assemble((key, inputs, side) -> withAcceptedTemplates(campaign, key, inputs))
        .completeWhen(Completeness.of(DiffimTask.VISIT, 1))
        .run(new DiffimTask(campaign.config(DiffimTask.NAME, DiffimTask.Config.defaults())));
  }

  private static List<Quantum> withAcceptedTemplates(
      CampaignContext campaign, DataId key, List<QuantumInput> inputs) throws IOException {
    List<QuantumInput> all = new ArrayList<>(inputs);
    for (QuantumInput input : inputs) {
      if (input.getResult().getPayload() instanceof ExposureSummary summary) {
        all.addAll(
            BaseProducts.inputs(
                campaign,
                DatasetTypes.TEMPLATE_COADD,
                SkyRouting.patches(summary),
                DiffimTask.TEMPLATE));
      }
    }
    return List.of(Quantum.of(key, all));
  }
}
